"""A review as JSON, for machines."""

import json
import math
from typing import Any

from tools.review.comparison import Comparison
from tools.review.report import (
    Review,
    better,
    headline,
    next_step,
    unit,
    verified,
    warnings,
)
from tools.review.snapshot import Snapshot


def as_json(review: Review) -> str:
    """The same as the report: numbers as numbers, null for what is not there; always valid."""
    return json.dumps(plain(tree(review)), indent=2, allow_nan=False)


def tree(review: Review) -> dict[str, Any]:
    comparison = review.comparison
    sides = {"base": review.base, "head": review.head}
    return {
        "verdict": review.verdict,
        "reason": review.doubts[0].title if review.doubts else comparison.reason,
        "text": headline(review),
        "next": next_step(review),
        "verified": {
            "by running it": verified(review),
            "because": review.verified and review.verified.because,
        },
        **{name: about(side) for name, side in sides.items()},
        "unit": unit(review),
        **compared(comparison),
        "held-out training rows": {
            "verdict": review.held_out.verdict,
            "reason": review.held_out.reason,
            **compared(review.held_out),
        },
        "periods": [period._asdict() for period in comparison.periods],
        "metrics": {
            name: {
                **{key: side.metrics.get(name) for key, side in sides.items()},
                "better": better(name, review) or None,
            }
            for name in {**review.base.metrics, **review.head.metrics}
        },
        "changed": {
            "parameters": [change._asdict() for change in review.parameters],
            "data": [change._asdict() for change in review.data],
            "code": review.code,
            "versions": [change._asdict() for change in review.versions],
            "modules that no stage names": review.loose,
        },
        "doubts": [doubt._asdict() for doubt in review.doubts],
        "warnings": warnings(review),
    }


def compared(comparison: Comparison) -> dict[str, Any]:
    difference = comparison.difference
    return {
        "rows": comparison.rows,
        "difference": difference
        and {
            "base": difference.base,
            "head": difference.head,
            "head - base": difference.value,
            "these rows": difference.these_rows,
            "other rows": difference.other_rows,
            "certain on these rows": difference.on_these_rows,
            "smallest shown": difference.smallest,
            "smallest that matters": difference.threshold,
            "seeds": difference.seeds or None,
        },
    }


def about(side: Snapshot) -> dict[str, Any]:
    revision = side.revision
    return {
        "revision": revision.name,
        "commit": revision.commit,
        "date": revision.date or None,
        "author": revision.author or None,
    }


def plain(value: Any) -> Any:
    """A tree of what JSON knows: what else YAML can hold, such as infinity, as text."""
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return number if math.isfinite(number) else str(value)
