"""Charts: numbers in, SVG or text out. This wing knows no network, so anything that has numbers can draw them."""

from purenn.charts.curves import curves
from purenn.charts.text import gauge, line_chart, picture, table

__all__ = ["curves", "gauge", "line_chart", "picture", "table"]
