"""An exercise by mouse: buttons to check, to get a hint and to see the solution, and what they say.

It does what the methods of `Task` do and nothing else. The answer is the one that was passed when
the desk was made.
"""

import html

import ipywidgets as widgets

from adlab.panels.panel import Names, hidden


class Desk(widgets.VBox):
    """Check, Hint and Reveal for one task and one answer; the result stands below."""

    def __init__(self, task, answer=..., *, seed=0, panel=None):
        self.task = task
        self.buttons = {
            "Check": lambda: task.check(answer, seed=seed, panel=panel),
            "Hint": task.hint,
            "Reveal": task.reveal,
        }
        self.heading = widgets.HTML(f"<b>{html.escape(task.exercise.title)}</b>")
        self.result = widgets.HTML()
        row = widgets.HBox(list(map(self.button, self.buttons)))
        keys = hidden(Names(title=task.exercise.title, names={}))
        super().__init__([self.heading, row, self.result, keys])
        self.add_class("adlab-desk")

    def button(self, name):
        button = widgets.Button(
            description=name,
            tooltip=f"{name}: {self.task.exercise.title}",
            layout=widgets.Layout(width="auto", min_width="5em"),
        )
        button.on_click(lambda _: self.press(name))
        return button

    def press(self, name):
        """What a click does. A fault of ours is said in the page and goes on to whoever logs it."""
        try:
            shown = self.buttons[name]()._repr_html_()
        except Exception as error:
            words = html.escape(f"This button has a fault: {type(error).__name__}: {error}")
            self.say(f"<b>{words}</b>")
            raise
        self.say(shown)

    def say(self, escaped):
        """`role=alert` makes a screen reader say what has come."""
        self.result.value = f'<div role="alert">{escaped}</div>'

    def _repr_mimebundle_(self, **kwargs):
        """The live widget, and for a reader without a kernel what it is."""
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = f"{self.task.exercise.title}: {', '.join(self.buttons)}"
        return bundle
