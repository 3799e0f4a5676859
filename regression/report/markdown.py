"""A table in Markdown: of the model card, of the review, and of what tools print."""

from collections.abc import Iterable, Sequence


def markdown_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], align: str = "", pad: bool = False
) -> str:
    """A table whose columns stand at the right where `align` has an r, as in "lrr".

    With `pad` they stand in line as plain text too. A bar in a cell is escaped.
    """
    lines = [[str(cell).replace("|", "\\|") for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) if pad else 0 for column in zip(*lines, strict=True)]
    sides = align.ljust(len(header), "l")
    rule = [
        "-" * (max(width + 2, 3) - (side == "r")) + ":" * (side == "r")
        for width, side in zip(widths, sides, strict=True)
    ]
    lines = [
        [
            cell.rjust(width) if side == "r" else cell.ljust(width)
            for cell, width, side in zip(line, widths, sides, strict=True)
        ]
        for line in lines
    ]
    head, *body = ("|" + "".join(f" {cell} |" if cell else " |" for cell in line) for line in lines)
    return "\n".join([head, f"|{'|'.join(rule)}|", *body])
