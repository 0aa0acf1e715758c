"""The course around the mathematics: the `adlab` command, the learner's copies, the set-up check."""


class CourseError(Exception):
    """Something that stands between a learner and the course; its text is one clear line."""
