"""What may be named in a deploy, in maintenance and of a feed."""

from __future__ import annotations

import pytest

from downwind.catalog import Catalog
from downwind.graph import GraphBuilder
from downwind.graph.scopes import use_scope
from downwind.jobs.watching.known_names import KnownNames
from downwind.model import Model
from downwind.terms import Scope, UsageError

CATALOG = """
id: aws
name: AWS
owner: Amazon
regions: [us-east-1]
products: [{id: ec2, role: cloud, name: EC2}, {id: dynamodb, role: keyvalue, name: DynamoDB}]
"""


@pytest.fixture
def names() -> KnownNames:
    page = {"id": "order", "probes": [{"http": "https://shop.test/"}]}
    model = Model.model_validate({"services": [{"name": "shop.test", "capabilities": [page]}]})
    builder = GraphBuilder()
    builder.node("shop.test/order", "capability")
    use_scope(builder, Scope.parse("homecloud/vm"))
    return KnownNames.of(model, builder.build(), Catalog.from_texts([CATALOG]))


@pytest.mark.parametrize(
    "name",
    ["*", "shop.test", "shop.test/order", "aws", "aws/ec2", "aws/ec2/us-east-1", "aws/*/us-east-1",
     "aws/dynamodb#control", "homecloud", "homecloud/vm", "homecloud/disks"],
)  # fmt: skip
def test_what_means_something_is_taken(names: KnownNames, name: str) -> None:
    assert names.check(name, "service") == name


@pytest.mark.parametrize(
    ("name", "todo"),
    [
        ("shop.tset", "Did you mean shop.test"),
        ("shop.test/ordr", "Did you mean shop.test/order"),
        ("awss", "Did you mean aws?"),
        ("awss/ec2", "Did you mean aws?"),
        ("aws/ec3", "Did you mean aws/ec2?"),
        ("homeclod", "Did you mean homecloud"),
        ("zzz", "Name a service, a capability, a provider"),
        ("", "Name a service, a capability, a provider"),
        ("A B", "Name a service, a capability, a provider"),
    ],
)
def test_a_typo_is_refused_with_what_is_called_alike(
    names: KnownNames, name: str, todo: str
) -> None:
    with pytest.raises(UsageError) as refused:
        names.check(name, "service")
    assert refused.value.where == "service"
    assert refused.value.todo.startswith(todo)
