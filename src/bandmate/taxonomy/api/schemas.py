"""The shapes of answers, for OpenAPI: what each field means.

Answers are not made from these models; tests hold real answers against them, with no field missing or left over.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["skill", "occupation"]
Count = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """Exactly these fields; unknown is null and never left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConceptName(Shape):
    """A skill or an occupation by its names."""

    id: str = Field(
        description="Its name in addresses; derived from the URI.", examples=["x-0a1b2c3d4e5f60718293a4b5c6d7e8f9"]
    )
    uri: str
    kind: Kind
    label: str = Field(description="The preferred label.")


class ConceptFound(ConceptName):
    """A concept that fits."""

    matched: str | None = Field(
        description="The alternative label that fits the words best; null where the preferred one does."
    )


class GroupName(Shape):
    """A group that concepts lie in: a heading, not a concept."""

    id: str = Field(description="Its code, e.g. `S4.5.0`, `K0215` or `C2654`; for `under`.")
    label: str


class ConceptInFull(ConceptName):
    """A skill or an occupation with all that the vocabulary says of it."""

    alternatives: list[str] = Field(description="Alternative labels.")
    description: str
    type: str | None = Field(description="What the vocabulary calls a skill: `knowledge`, `skill/competence`.")
    reuse: str | None = Field(description="How widely a skill is used, e.g. `transversal`.")
    isco: str | None = Field(description="ISCO-08 group of an occupation.")
    broader: list[ConceptName] = Field(description="The concepts right above.")
    narrower: list[ConceptName] = Field(description="The concepts right below.")
    groups: list[GroupName] = Field(description="The groups it lies in.")
    essential: list[ConceptName] = Field(
        description="Of an occupation the skills it cannot do without; of a skill the occupations that need it so."
    )
    optional: list[ConceptName] = Field(description="The same, of skills that are of use but can be missing.")


class Vocabulary(Shape):
    """The vocabulary that serves."""

    name: str
    version: str
    source: str = Field(description="The files or packages it was read from.")
    attribution: str | None = Field(description="What must be said wherever it is used; null where nothing must.")
    skills: Count
    occupations: Count
    relations: Count = Field(description="Essential and optional relations between occupations and skills.")


class NoMeta(Shape):
    """Nothing is said about a single thing."""


class ListMeta(Shape):
    """Where a list stands."""

    limit: int = Field(ge=1, le=100)
    next_cursor: str | None = Field(description="For the next page; null on the last one.")
    total: Count = Field(description="How many there are altogether, exactly.")


class ConceptsFoundAnswer(Shape):
    """A page of concepts, the best first."""

    data: list[ConceptFound]
    meta: ListMeta


class ConceptInFullAnswer(Shape):
    """A concept."""

    data: ConceptInFull
    meta: NoMeta


class VocabularyAnswer(Shape):
    """The vocabulary."""

    data: Vocabulary
    meta: NoMeta
