"""How a notebook's stored outputs become part of a page.

myst-nb finds the class here by the name `course` (`nb_render_plugin` in `_config.yml`).
"""

import re
from dataclasses import replace
from typing import Any

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, get_mime_priority

from course_lib.workshop.book.site.extension.inline_text import parse_inline
from course_lib.workshop.book.site.extension.live_figures import FIGURE_FILES, live_figure
from course_lib.workshop.book.site.extension.picture_panels import with_panels
from course_lib.workshop.book.site.extension.widgets_at_rest import widget_at_rest

# A dark page turns light and dark of a picture round, unless its words speak of them.
NAMES_BRIGHTNESS = re.compile(r"\b(dark|light|bright|pale|black|white)(er|est)?\b")
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class CourseRenderer(NbElementRenderer):
    """Renders stored outputs: pictures with their words, live figures, and widgets as they stood."""

    def render_nb_finalise(self, metadata: dict[str, Any]) -> None:
        """Leave the widgets' state out: each figure carries its own, and nothing here needs a manager."""

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        """Render a picture with the alternative text and the caption that its output stores."""
        (image,) = super().render_image(data)
        # plots.show stores both under "course"; other tools store them beside the picture's size.
        words = {**data.output_metadata.get(data.mime_type, {}), **data.output_metadata.get("course", {})}
        image["alt"] = words.get("alt") or image.get("alt", "")
        if not image["alt"] and not self.stands_for_a_figure(data):
            self.logger.warning(
                f"a picture in cell {(data.cell_index or 0) + 1} has no alternative text: "
                "end the cell with course_lib.plots.show(figure, alt=...)",
                line=data.line,
            )
        if NAMES_BRIGHTNESS.search(f"{image['alt']} {words.get('caption', '')}"):
            image["classes"].append("keeps-colours")
        picture = with_panels(image, data.content, words)
        if not words.get("caption"):
            return picture
        return [nodes.figure("", *picture, nodes.caption("", "", *parse_inline(words["caption"])))]

    def render_text_html(self, data: MimeData) -> list[nodes.Element]:
        """Render HTML; a picture of `plots.show`, whose HTML is for Jupyter, as the picture that it is."""
        png = self.bundle_of(data).get("image/png") if "course" in data.output_metadata else None
        if png is None:
            return super().render_text_html(data)
        return self.render_image(replace(data, mime_type="image/png", content=png))

    def render_widget_view(self, data: MimeData) -> list[nodes.Element]:
        """Render a figure as a live one, and any other widget as it stood when the notebook ran."""
        models = self.stored_models()
        model_id = data.content["model_id"]
        if model_id not in models:
            self.logger.warning(
                f"the notebook stores no state for the widget in cell {(data.cell_index or 0) + 1}: "
                "run it again with `course notebooks`",
                line=data.line,
            )
            return []
        state = models[model_id]["state"]
        if "_figure" not in state:
            return [widget_at_rest(model_id, models, self.render_bundle)]
        for path in FIGURE_FILES:
            self.renderer.sphinx_env.note_dependency(str(path))
        bundle = self.bundle_of(data)
        return [live_figure("", name=state["_figure"], state=state, **self.still_picture(bundle))]

    def stands_for_a_figure(self, data: MimeData) -> bool:
        """Tell whether a picture belongs to a live figure, which brings its own words."""
        return data.output_index is not None and WIDGET_VIEW in self.bundle_of(data)

    def stored_models(self) -> dict[str, Any]:
        """Return the notebook's stored widget models by their ids."""
        widgets = self.renderer.nb_client.nb_metadata.get("widgets", {})
        models: dict[str, Any] = widgets.get(WIDGET_STATE, {}).get("state", {})
        return models

    def bundle_of(self, data: MimeData) -> dict[str, Any]:
        """Return everything that the output stores beside the given representation."""
        _, outputs = self.renderer.nb_client.code_cell_outputs(data.cell_index)
        bundle: dict[str, Any] = outputs[data.output_index]["data"]
        return bundle

    @staticmethod
    def still_picture(bundle: dict[str, Any]) -> dict[str, str]:
        """Return the picture that stands in a figure's place, and its words."""
        return {"picture": bundle.get("image/svg+xml", ""), "words": bundle.get("text/plain", "")}

    def render_bundle(self, output: dict[str, Any]) -> list[nodes.Element]:
        """Render an output that a widget has captured."""
        if output["output_type"] == "stream":
            return self.render_stdout(output, {}, 0, 0)
        if output["output_type"] == "error":
            return self.render_error(output, {}, 0, 0)
        for mime_type in get_mime_priority("html", []):
            if mime_type in output["data"]:
                content, metadata = output["data"][mime_type], output.get("metadata", {})
                return self.render_mime_type(MimeData(mime_type, content, output_metadata=metadata, line=0))
        return []
