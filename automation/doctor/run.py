"""Which questions a stack asks, and their answers in order."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from automation.doctor import atlas, cloudflare, digitalocean, here, images, offers, quotas, records
from automation.doctor.amazon import code
from automation.doctor.needs import Made, Visit, number
from automation.doctor.vendor import Refused
from automation.outcome import Outcome, State
from automation.web import Failed, NotChecked, in_one_line
from clouds.dns import FORMS

SECONDS: Final = 60.0
"""For one question, however many calls it makes."""


@dataclass(frozen=True)
class Question:
    """One thing to ask."""

    name: str
    title: str
    answer: Callable[[Visit], str | Awaitable[str]]
    after: str = ""
    """Name of the question without whose answer this one has none."""
    counted: Callable[[Sequence[Made]], float] | None = None
    """How much of a limit resources take, where it is about one."""


@dataclass(frozen=True)
class Report:
    """All answers."""

    stack: str
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way. What is not known does not count."""
        return all(one.state != "failed" for one in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {"stack": self.stack, "ok": self.ok, "checks": [one.to_json() for one in self.outcomes]}


def questions(visit: Visit) -> Iterator[Question]:
    """Yield what a stack asks, by what its plan has."""
    yield Question("engine", "Pulumi CLI", here.engine)
    yield Question("state", "State", _state)
    yield Question("secrets", "Secrets", here.secrets)
    yield Question("release", "Release", here.release)
    yield Question("licence", "Licence", here.licence)
    yield Question("images", "Images", images.reachable)
    if getattr(visit.spec.parts.runtime, "context", None) is not None:
        yield Question("cluster", "Cluster", here.cluster)
    if visit.aws is not None:
        yield from _of_aws(visit)
    yield from _of_others(visit)
    if visit.of(*FORMS):
        yield Question("records", "DNS records", records.conflicts)
    yield Question("clock", "Clock", here.clock)


def _of_aws(visit: Visit) -> Iterator[Question]:
    yield Question("aws", "AWS", offers.account)
    for quota in quotas.QUOTAS:
        if quota.counted(visit.planned):
            yield Question(quota.name, quota.title, partial(quotas.quota, one=quota), "aws", quota.counted)
    if visit.of("aws:lightsail/instance:Instance"):
        yield Question("lightsail", "Lightsail", offers.bundles, "aws")
    if visit.spec.parts.mail is not None and visit.spec.parts.mail.needs_region:
        yield Question("ses", "SES", offers.sandbox, "aws")
        yield Question("ses-identity", "SES identity", offers.identity, "aws")
    if visit.of("aws:route53/record:Record"):
        yield Question("route53-zone", "Route 53 zone", records.route53_zone)
    if visit.of("aws:s3/bucket:Bucket"):
        yield Question("buckets", "Buckets", offers.buckets, "aws")


def _of_others(visit: Visit) -> Iterator[Question]:
    keys = {key.partition(":")[0] for key in visit.credentials.variables}
    if "mongodbatlas" in keys:
        if visit.of(atlas.CLUSTER):
            yield Question("atlas", "Atlas organization", atlas.organization)
            yield Question("atlas-tiers", "Atlas sizes", atlas.tiers, "atlas")
        else:
            yield Question("atlas", "Atlas cluster", atlas.cluster)
        if number("mongodbatlas:index/projectIpAccessList:ProjectIpAccessList")(visit.planned):
            yield Question("atlas-access", "Atlas access list", atlas.access_list, "atlas")
    if "digitalocean" in keys:
        yield Question("digitalocean", "DigitalOcean", digitalocean.account)
        machines = (digitalocean.DROPLET, digitalocean.CLUSTER)
        for name, title, answer, types, counted in (
            ("droplets", "droplets", digitalocean.droplets, machines, digitalocean.nodes),
            ("sizes", "sizes", digitalocean.sizes, machines, None),
            ("system", "system", digitalocean.images, machines[:1], None),
            ("kubernetes", "Kubernetes", digitalocean.versions, machines[1:], None),
            ("volumes", "volumes", digitalocean.volumes, (digitalocean.VOLUME,), number(digitalocean.VOLUME)),
            (
                "addresses",
                "addresses",
                digitalocean.addresses,
                (digitalocean.ADDRESS,),
                number(digitalocean.ADDRESS),
            ),
        ):
            if visit.of(*types):
                yield Question(
                    f"digitalocean-{name}", f"DigitalOcean {title}", answer, "digitalocean", counted
                )
    if "cloudflare" in keys:
        yield Question("cloudflare", "Cloudflare token", cloudflare.token)
        yield Question("cloudflare-zone", "Cloudflare zone", cloudflare.zone, "cloudflare")


def _state(visit: Visit) -> str:
    if visit.state_unknown:
        raise NotChecked(visit.state_unknown)
    there = len(visit.deployed)
    return f"{there} resources are deployed" if there else "nothing is deployed yet"


def doctor(visit: Visit, on_outcome: Callable[[Outcome], None] = lambda _: None) -> Report:
    """Ask everything; `on_outcome` is called with each answer when it is known."""
    return asyncio.run(_doctor(visit, on_outcome))


async def _doctor(visit: Visit, on_outcome: Callable[[Outcome], None]) -> Report:
    found: dict[str, Outcome] = {}
    for question in questions(visit):
        found[question.name] = outcome = await _outcome(question, visit, found.get(question.after))
        on_outcome(outcome)
    return Report(visit.stack, tuple(found.values()))


async def _outcome(question: Question, visit: Visit, before: Outcome | None) -> Outcome:
    def made(state: State, said: str, remedy: str = "") -> Outcome:
        if state == "not known" and question.counted is not None and "needed" not in said:
            said = f"{visit.more(question.counted):g} needed; {said}"
        return Outcome(question.name, question.title, state, said, remedy)

    if before is not None and before.state != "ok":
        return made("not known", f"see {before.title}")
    try:
        async with asyncio.timeout(SECONDS):
            if inspect.iscoroutinefunction(question.answer):
                return made("ok", await question.answer(visit))
            return made("ok", str(await asyncio.to_thread(question.answer, visit)))
    except Failed as error:
        return made("failed", error.found, error.remedy)
    except NotChecked as error:
        return made("not known", str(error))
    except Refused as error:
        return made("not known", f"refused ({error.status}): {error.said}")
    except ClientError as error:
        told = error.response.get("Error", {})
        return made("not known", f"AWS says {code(error)}: {in_one_line(str(told.get('Message', '')))}")
    except TimeoutError:
        return made("not known", f"no answer in {SECONDS:.0f} s")
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        # An answer that is not as the vendor describes it.
        return made(
            "not known", f"the answer is not as described ({type(error).__name__}: {in_one_line(str(error))})"
        )
