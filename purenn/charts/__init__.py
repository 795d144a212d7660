"""Charts: numbers in, text out. This wing knows no network, so anything that has numbers can draw them."""

from purenn.charts.text import gauge, line_chart, picture, table

__all__ = ["gauge", "line_chart", "picture", "table"]
