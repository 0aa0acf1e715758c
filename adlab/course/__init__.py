"""The course around the mathematics: the `adlab` command, copies of the notebooks, checks."""


class CourseError(Exception):
    """Something that stands between a learner and the course; its text is one clear line."""
