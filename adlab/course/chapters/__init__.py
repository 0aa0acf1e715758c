"""The chapters that have exercises, and what stands in each.

An exercise is one entry in the list `EXERCISES` of its chapter's file; it is then under all tests,
which ask for right and wrong answers of it in `tests/course/answers/`.
"""

from dataclasses import dataclass

from adlab.course.chapters import (
    ch00,
    ch01,
    ch02,
    ch03,
    ch04,
    ch05,
    ch06,
    ch07,
    ch08,
    ch09,
)
from adlab.course.exercises import Exercise


@dataclass(frozen=True)
class Chapter:
    """`notebook` is the name of its file without the ending."""

    title: str
    notebook: str
    exercises: tuple[Exercise, ...]

    def __getitem__(self, name):
        return {exercise.name: exercise for exercise in self.exercises}[name]


CHAPTERS = {
    "00": Chapter("Start here", "00-start-here", ch00.EXERCISES),
    "01": Chapter("Derivatives are linear maps", "01-derivatives-are-linear-maps", ch01.EXERCISES),
    "02": Chapter("The chain rule", "02-the-chain-rule", ch02.EXERCISES),
    "03": Chapter("Trust, but check", "03-trust-but-check", ch03.EXERCISES),
    "04": Chapter("Layers and their Jacobians", "04-layers-and-their-jacobians", ch04.EXERCISES),
    "05": Chapter("A chain of layers", "05-a-chain-of-layers", ch05.EXERCISES),
    "06": Chapter("The order of multiplication", "06-the-order-of-multiplication", ch06.EXERCISES),
    "07": Chapter("Reverse mode: the VJP", "07-reverse-mode-the-vjp", ch07.EXERCISES),
    "08": Chapter("Forward mode: the JVP", "08-forward-mode-the-jvp", ch08.EXERCISES),
    "09": Chapter("Branching networks", "09-branching-networks", ch09.EXERCISES),
}
