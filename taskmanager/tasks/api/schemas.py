"""What one thing says of another, in short."""

from ninja import Field, Schema


class ProjectRef(Schema):
    """A project, in short."""

    id: int
    key: str = Field(examples=["WEB"])


class Named(Schema):
    """An epic or a sprint, in short."""

    id: int
    name: str


class Person(Schema):
    """A member, in short."""

    id: int
    username: str = Field(examples=["ada"])
