"""Tables in Markdown, to be rendered and to be read as they are."""

from markdown_it import MarkdownIt

from regression.report.markdown import markdown_table

HEADER, ROWS = ["name", "", "rmse"], [["a", "", 12.5], ["long | er", "x", 1]]


def test_a_table_is_one_to_a_renderer():
    """Its cells and sides arrive; a bar in a cell is no border."""
    for pad in (False, True):
        html = (
            MarkdownIt("commonmark")
            .enable("table")
            .render(markdown_table(HEADER, ROWS, "llr", pad))
        )

        assert html.count("<tr>") == 3
        assert html.count('<td style="text-align:right">') == 2
        assert "<td>long | er</td>" in html


def test_without_padding_it_is_short():
    """As GitHub has it in a diff: no cell moves because another one grew."""
    assert markdown_table(HEADER, ROWS[:1], "llr").splitlines() == [
        "| name | | rmse |",
        "|---|---|--:|",
        "| a | | 12.5 |",
    ]


def test_with_padding_the_columns_stand_in_line():
    """In a terminal, numbers at the right."""
    lines = markdown_table(HEADER, ROWS, "llr", pad=True).splitlines()

    assert len({len(line) for line in lines}) == 1
    assert lines[2].endswith("| 12.5 |")
    assert lines[3].endswith("|    1 |")
