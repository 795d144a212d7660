"""Charts: numbers in, SVG or text out. This wing knows no network, so anything that has numbers can draw them."""

from purenn.charts import screen as screen
from purenn.charts.agreement import agreement, residuals
from purenn.charts.boundary import boundary
from purenn.charts.confusion import confusion
from purenn.charts.contours import contours
from purenn.charts.curves import curves, learning_curves
from purenn.charts.diagram import Column, diagram
from purenn.charts.functions import activation_curve, activation_curves
from purenn.charts.histograms import histograms
from purenn.charts.html import html_table
from purenn.charts.page import (
    Section,
    Thumbnail,
    beside,
    data_table,
    facts,
    figure,
    listing,
    page,
    paragraphs,
    preformatted,
    thumbnails,
)
from purenn.charts.pictures import picture_address, pictures
from purenn.charts.rates import rate_curve
from purenn.charts.regression import regression_curve, regression_map
from purenn.charts.surface import surface
from purenn.charts.svg import Svg
from purenn.charts.text import gauge, half_blocks, line_chart, picture, sparkline, table
from purenn.charts.trials import trial_charts

__all__ = [
    "Column",
    "Section",
    "Svg",
    "Thumbnail",
    "activation_curve",
    "activation_curves",
    "agreement",
    "beside",
    "boundary",
    "confusion",
    "contours",
    "curves",
    "data_table",
    "diagram",
    "facts",
    "figure",
    "gauge",
    "half_blocks",
    "histograms",
    "html_table",
    "learning_curves",
    "line_chart",
    "listing",
    "page",
    "paragraphs",
    "picture",
    "picture_address",
    "pictures",
    "preformatted",
    "rate_curve",
    "regression_curve",
    "regression_map",
    "residuals",
    "screen",
    "sparkline",
    "surface",
    "table",
    "thumbnails",
    "trial_charts",
]
