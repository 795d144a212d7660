"""Charts: numbers in, SVG or text out. This wing knows no network, so anything that has numbers can draw them."""

from purenn.charts import screen as screen
from purenn.charts.boundary import boundary
from purenn.charts.confusion import confusion
from purenn.charts.contours import contours
from purenn.charts.curves import curves, learning_curves
from purenn.charts.diagram import Column, diagram
from purenn.charts.functions import activation_curve, activation_curves
from purenn.charts.histograms import histograms
from purenn.charts.html import html_table
from purenn.charts.pictures import pictures
from purenn.charts.rates import rate_curve
from purenn.charts.regression import regression_curve, regression_map
from purenn.charts.surface import surface
from purenn.charts.svg import Svg
from purenn.charts.text import gauge, half_blocks, line_chart, picture, sparkline, table

__all__ = [
    "Column",
    "Svg",
    "activation_curve",
    "activation_curves",
    "boundary",
    "confusion",
    "contours",
    "curves",
    "diagram",
    "gauge",
    "half_blocks",
    "histograms",
    "html_table",
    "learning_curves",
    "line_chart",
    "picture",
    "pictures",
    "rate_curve",
    "regression_curve",
    "regression_map",
    "screen",
    "sparkline",
    "surface",
    "table",
]
