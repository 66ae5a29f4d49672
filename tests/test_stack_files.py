"""The language of stack files: what is refused, in which words, and that all mistakes are shown together."""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planning import values_of

from proving.key_trials import fonts, trials
from proving.key_trials import put as put_at
from stacks import files, judging, supposed
from stacks.fields import descriptions
from stacks.language import ChatSpec, alone, parse, parse_file
from stacks.problems import InvalidStack, Problem, leads_into
from stacks.schema import PATH, text
from stacks.secrets import SECRETS
from stacks.spec import Parts

Values = dict[str, Any]
SECURE = {"rocketchat:oidcClientSecret"}


def good() -> Values:
    return deepcopy(dict(files.read("lovia-fargate").values))


def problems(change: Callable[[Values], object], secure: set[str] | None = None) -> list[Problem]:
    values = good()
    change(values)
    with pytest.raises(InvalidStack) as caught:
        parse(values, SECURE if secure is None else secure, source="a stack")
    return list(caught.value.problems)


def accepted(change: Callable[[Values], object], secure: set[str] | None = None) -> ChatSpec:
    values = good()
    change(values)
    return parse(values, SECURE if secure is None else secure, source="a stack")


def put(path: str, value: object) -> Callable[[Values], object]:
    """Set `rocketchat:chat.host`-like paths; None removes."""

    def change(values: Values) -> None:
        key, *steps = path.split(".")
        if not steps:
            if value is None:
                del values[key]
            else:
                values[key] = value
            return
        inside = values.setdefault(key, {})
        for step in steps[:-1]:
            inside = inside.setdefault(step, {})
        if value is None:
            del inside[steps[-1]]
        else:
            inside[steps[-1]] = value

    return change


BAD = [
    # what is written, the path that is named, a part of the message, the nearest right name or a part of the remedy
    ("unknown key", put("rocketchat:chta", {}), "rocketchat:chta", "unknown key", "rocketchat:chat"),
    ("misspelt key", put("rocketchat:chat.hosst", "x"), "rocketchat:chat.hosst", "unknown key", "host"),
    ("kind of what has none", put("rocketchat:chat.kind", True), "rocketchat:chat.kind", "unknown key", None),
    ("patch of Atlas", put("rocketchat:database.version", "8.0.4"), "rocketchat:database.version", "a line of MongoDB", None),
    ("form of a text", put("rocketchat:chat.language", "german"), "rocketchat:chat.language", "this is not a language", None),
    ("misspelt key of a union", put("rocketchat:database.clutser", "x"), "rocketchat:database.clutser", "unknown key", "cluster"),
    ("deep misspelt key", put("rocketchat:media.cdn.hots", "x"), "rocketchat:media.cdn.hots", "unknown key", "host"),
    ("other word for a key", put("rocketchat:email", {}), "rocketchat:email", "unknown key", "rocketchat:mail"),
    ("wrong type", put("rocketchat:chat.users", "many"), "rocketchat:chat.users", "whole number", None),
    ("wrong type of a part", put("rocketchat:chat", "chat.lovia.life"), "rocketchat:chat", "mapping", None),
    ("text for a truth", put("rocketchat:runtime.spot", "yes please"), "rocketchat:runtime.spot", "true or false", None),
    ("missing key", put("rocketchat:chat.host", None), "rocketchat:chat.host", "missing", None),
    ("missing part", put("rocketchat:database", None), "rocketchat:database", "missing", "rocketchat:database"),
    ("unknown kind", put("rocketchat:runtime.kind", "fargat"), "rocketchat:runtime.kind", "unknown kind", "fargate"),
    ("unknown kind of a union", put("rocketchat:media.kind", "s4"), "rocketchat:media.kind", "unknown kind", "s3"),
    ("missing kind", put("rocketchat:media.kind", None), "rocketchat:media.kind", "which kind", None),
    ("unknown choice", put("rocketchat:chat.profile", "prodution"), "rocketchat:chat.profile", "choices", "production"),
    ("unknown assumption", put("rocketchat:cost", {"assume": {"mesages": 3}}), "rocketchat:cost.assume.mesages", "no assumption 'mesages'", None),
    ("assumption that is no number", put("rocketchat:cost", {"assume": {"messages": "many"}}), "rocketchat:cost.assume.messages", "a number", None),
    ("assumption the wrong way round", put("rocketchat:cost", {"assume": {"messages": "40-20"}}), "rocketchat:cost.assume.messages", "a number", None),
    ("price below nothing", put("rocketchat:cost", {"prices": {"mongodbatlas.M20": -1}}), "rocketchat:cost.prices.mongodbatlas.M20", "0", None),
    ("picture that there is not", put("rocketchat:appearance", {"assets": {"logos": "a.svg"}}), "rocketchat:appearance.assets.logos", "did you mean logo", None),
    ("picture whose file is missing", put("rocketchat:appearance", {"assets": {"safari_pinned": "tab.svg"}}), "rocketchat:appearance.assets.safari_pinned", "cannot be read", None),
    ("picture outside the folder", put("rocketchat:appearance", {"assets": {"logo": "../logo.svg"}}), "rocketchat:appearance.assets.logo", "outside the folder", None),
    ("look from outside that nobody is told of", put("rocketchat:monitoring", {"uptime": True}), "rocketchat:monitoring.uptime", "nobody would be told", "alarmEmails"),
    ("dashboard of no alarms", put("rocketchat:monitoring", {"dashboard": True}), "rocketchat:monitoring.dashboard", "has none", "alarmEmails"),
    ("look from outside in another partition", lambda values: (put("rocketchat:monitoring", {"uptime": True, "alarmEmails": ["ops@lovia.life"]})(values), put("aws:region", "us-gov-west-1")(values)), "rocketchat:monitoring.uptime", "us-gov-west-1", None),
    ("look from outside at what is inside", lambda values: (put("rocketchat:monitoring", {"uptime": True, "alarmEmails": ["ops@lovia.life"]})(values), put("rocketchat:runtime.balancer", {"kind": "new", "scheme": "internal"})(values)), "rocketchat:monitoring.uptime", "lets in only some", None),
    ("lock that outlasts the backups", put("rocketchat:backup", {"dumps": True, "objectLock": {"days": 36}}), "rocketchat:backup.objectLock.days", "kept for 35 days", "keepDays: 36"),
    ("lock without its days", put("rocketchat:backup", {"dumps": True, "objectLock": {}}), "rocketchat:backup.objectLock.days", "missing", "days"),
    ("lock of another kind", put("rocketchat:backup", {"dumps": True, "objectLock": {"days": 3, "mode": "legal"}}), "rocketchat:backup.objectLock.mode", "choices", "compliance"),
    ("lock of what is not", put("rocketchat:backup", {"objectLock": {"days": 3}}), "rocketchat:backup", "objectLock", "dumps: true"),
    ("role that is told twice", put("rocketchat:accounts.roles", [{"name": "user"}, {"name": "user"}]), "rocketchat:accounts.roles[1].name", "twice", None),
    ("permission given and taken", put("rocketchat:accounts.roles", [{"name": "user", "grant": ["create-team"], "revoke": ["create-team"]}]), "rocketchat:accounts.roles[0]", "create-team", None),
    ("administrators without power", put("rocketchat:accounts.roles", [{"name": "admin", "revoke": ["access-permissions"]}]), "rocketchat:accounts.roles[0]", "undo", None),
    ("second factor that nobody can have", put("rocketchat:accounts", {"twoFactor": False, "roles": [{"name": "admin", "secondFactor": True}]}), "rocketchat:accounts.roles[0].secondFactor", "accounts.twoFactor", None),
    ("unknown release", put("rocketchat:chat.release", "8.42.0"), "rocketchat:chat.release", "8.42.0", None),
    ("moving tag", put("rocketchat:chat.release", "latest"), "rocketchat:chat.release", "latest", None),
    ("release as a number", put("rocketchat:chat.release", 8.9), "rocketchat:chat.release", "quotes", None),
    ("snapshots of a day, which the policy pack refuses", put("rocketchat:backup", {"dailyDays": 1}), "rocketchat:backup.dailyDays", "at least 2", None),
    ("snapshots of another's cluster", lambda v: (put("rocketchat:database", {"kind": "atlas-existing", "project": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "c", "name": "chat"})(v), put("rocketchat:backup", {"weeklyWeeks": 5})(v)), "rocketchat:backup.weeklyWeeks", "made at Atlas", "leave it out"),
    ("skipped major", put("rocketchat:chat.upgradeFrom", "6.10.0"), "rocketchat:chat.upgradeFrom", "7.13", None),
    ("downgrade", put("rocketchat:chat.upgradeFrom", "9.0.0"), "rocketchat:chat.upgradeFrom", "", None),
    ("old MongoDB", put("rocketchat:database.version", "6.0"), "rocketchat:database.version", "6.0", None),
    ("replicas without licence", put("rocketchat:runtime.instances", 2), "rocketchat:runtime.instances", "licence", "rocketchat:license"),
    ("autoscaling without licence", put("rocketchat:runtime.maxInstances", 3), "rocketchat:runtime.maxInstances", "licence", "rocketchat:license"),
    ("users that need replicas", put("rocketchat:chat.users", 2000), "rocketchat:chat.users", "licence", "instances: 1"),
    ("custom OAuth in 9.0", put("rocketchat:chat.release", "9.0.0"), "rocketchat:login", "licence", "rocketchat:license"),
    ("too many users", put("rocketchat:chat.users", 9000), "rocketchat:chat.users", "9000", None),
    ("host that is no name", put("rocketchat:chat.host", "chat_lovia"), "rocketchat:chat.host", "not a host name", None),
    ("host with a dot at its end", put("rocketchat:chat.host", "chat.lovia.life."), "rocketchat:chat.host", "dot at its end: chat.lovia.life", None),
    ("host with a port", put("rocketchat:chat.host", "chat.lovia.life:443"), "rocketchat:chat.host", "port or dot", None),
    ("host in other letters", put("rocketchat:chat.host", "chät.lovia.life"), "rocketchat:chat.host", "xn--cht-rla.lovia.life", None),
    ("host whose letters may mean others", put("rocketchat:chat.host", "straße.lovia.life"), "rocketchat:chat.host", "this is not a host name", None),
    ("language that the product has not", put("rocketchat:chat.language", "xx"), "rocketchat:chat.language", "no language xx", None),
    ("language by its country only", put("rocketchat:chat.language", "sk"), "rocketchat:chat.language", "it has sk-SK", None),
    ("address with a domain in capitals", put("rocketchat:monitoring", {"alarmEmails": ["ops@Lovia.life"]}), "rocketchat:monitoring.alarmEmails[0]", "ops@lovia.life", None),
    ("address that is too long", put("rocketchat:monitoring", {"alarmEmails": ["x" * 65 + "@lovia.life"]}), "rocketchat:monitoring.alarmEmails[0]", "e-mail address", None),
    ("type of uploads that is refused in any case", put("rocketchat:media.allowedTypes", ["image/png", "image/svg+xml"]), "rocketchat:media.allowedTypes[1]", "scripts", "leave it out"),
    ("type of uploads that is refused, too", lambda v: (put("rocketchat:media.allowedTypes", ["image/png"])(v), put("rocketchat:media.refusedTypes", ["image/png"])(v)), "rocketchat:media.allowedTypes[0]", "refusedTypes", "leave it out"),
    ("version that is missing", put("rocketchat:database", {"kind": "uri"}), "rocketchat:database.version", "missing", "such as `version: '8.0'`"),
    ("root URL with a slash", put("rocketchat:chat.host", "https://chat.lovia.life/"), "rocketchat:chat.host", "chat.lovia.life", None),
    ("host outside the zone", put("rocketchat:chat.host", "chat.example.com"), "rocketchat:chat.host", "zone", None),
    ("CDN outside the zone", put("rocketchat:media.cdn.host", "m.example.com"), "rocketchat:media.cdn.host", "zone", None),
    ("CDN with the chat's name", put("rocketchat:media.cdn.host", "chat.lovia.life"), "rocketchat:media.cdn.host", "same name", None),
    ("From outside the domain", put("rocketchat:mail.from", "Lovia <chat@gmail.com>"), "rocketchat:mail.from", "outside the mail domain", "lovia.life"),
    ("From that is no address", put("rocketchat:mail.from", "Lovia"), "rocketchat:mail.from", "e-mail address", None),
    ("secret in clear", put("rocketchat:smtpPassword", "hunter2"), "rocketchat:smtpPassword", "in clear", "pulumi config set --secret rocketchat:smtpPassword"),
    ("token in clear", put("cloudflare:apiToken", "abc"), "cloudflare:apiToken", "in clear", "pulumi config set --secret cloudflare:apiToken"),
    ("secret inside a part", put("rocketchat:login.clientSecret", {"secure": "v1:x"}), "rocketchat:login.clientSecret", "in the state in clear", "pulumi config set --secret"),
    ("network overlaps", put("rocketchat:runtime.network", {"avoid": ["10.0.0.0/8"]}), "rocketchat:runtime.network.cidr", "overlaps 10.0.0.0/8", None),
    ("network overlaps Docker's", put("rocketchat:runtime.network", {"cidr": "172.16.0.0/15"}), "rocketchat:runtime.network.cidr", "Docker", None),
    ("network with host bits", put("rocketchat:runtime.network", {"cidr": "10.20.0.1/16"}), "rocketchat:runtime.network.cidr", "10.20.0.1/16 is a host in 10.20.0.0/16", None),
    ("network of IPv6", put("rocketchat:runtime.network", {"cidr": "fd00::1/64"}), "rocketchat:runtime.network.cidr", "fd00::/64 is one of IPv6", None),
    ("public network", put("rocketchat:runtime.network", {"cidr": "8.8.0.0/16"}), "rocketchat:runtime.network.cidr", "private", None),
    ("small network", put("rocketchat:runtime.network", {"cidr": "10.1.0.0/28"}), "rocketchat:runtime.network.cidr", "/16 to /23", None),
    ("network of a size that balancers do not take", put("rocketchat:runtime.network", {"cidr": "10.1.0.0/24"}), "rocketchat:runtime.network.cidr", "/16 to /23", None),
    ("zone that is no name", put("rocketchat:runtime.network", {"zoneNames": ["a", "b"]}), "rocketchat:runtime.network.zoneNames[0]", "availability zone", None),
    ("one zone", put("rocketchat:runtime.network", {"zoneNames": ["ap-southeast-1a"]}), "rocketchat:runtime.network.zoneNames", "two", None),
    ("zone of another region", put("rocketchat:runtime.network", {"zoneNames": ["ap-southeast-1a", "us-east-1b"]}), "rocketchat:runtime.network.zoneNames[1]", "ap-southeast-1", None),
    ("more zones than the region has", put("rocketchat:runtime.network", {"zones": 4}), "rocketchat:runtime.network.zones", "3 availability zones with Fargate, not 4", "ask for 3"),
    ("more zones than the region's Fargate has", lambda values: values.update({"aws:region": "ca-central-1"}) or put("rocketchat:runtime.network", {"zones": 3})(values), "rocketchat:runtime.network.zones", "2 availability zones with Fargate, not 3", "ask for 2"),
    ("more named zones than the region has", put("rocketchat:runtime.network", {"zoneNames": [f"ap-southeast-1{letter}" for letter in "abcd"]}), "rocketchat:runtime.network.zoneNames", "3 availability zones with Fargate, not 4", "all but 3"),
    ("zone that the region has not", put("rocketchat:runtime.network", {"zoneNames": ["ap-southeast-1a", "ap-southeast-1d"]}), "rocketchat:runtime.network.zoneNames[1]", "no zone ap-southeast-1d", "ap-southeast-1c"),
    ("zone twice", put("rocketchat:runtime.network", {"zoneNames": ["ap-southeast-1a", "ap-southeast-1a"]}), "rocketchat:runtime.network.zoneNames[1]", "twice", None),
    ("endpoint twice", put("rocketchat:runtime.network", {"endpoints": ["logs", "logs"]}), "rocketchat:runtime.network.endpoints[1]", "twice", None),
    ("subnet twice", put("rocketchat:runtime.network", {"kind": "existing", "vpc": "vpc-0123456789abcdef0", "taskSubnets": ["subnet-0123456789abcdef3"], "publicSubnets": ["subnet-0123456789abcdef1", "subnet-0123456789abcdef1"]}), "rocketchat:runtime.network.publicSubnets[1]", "twice", None),
    ("containers where a public balancer stands", put("rocketchat:runtime.network", {"kind": "existing", "vpc": "vpc-0123456789abcdef0", "taskSubnets": ["subnet-0123456789abcdef3", "subnet-0123456789abcdef1"], "publicSubnets": ["subnet-0123456789abcdef1", "subnet-0123456789abcdef2"], "egressAddresses": ["203.0.113.7"]}), "rocketchat:runtime.network.taskSubnets[1]", "no way out", "publicAddresses: true"),
    ("address twice", put("rocketchat:runtime.network", {"kind": "existing", "vpc": "vpc-0123456789abcdef0", "taskSubnets": ["subnet-0123456789abcdef3"], "publicSubnets": ["subnet-0123456789abcdef1", "subnet-0123456789abcdef2"], "egressAddresses": ["203.0.113.7", "203.0.113.7"]}), "rocketchat:runtime.network.egressAddresses[1]", "twice", None),
    ("more ways out than a security group takes", put("rocketchat:runtime.egressPorts", list(range(1000, 1120, 2))), "rocketchat:runtime.egressPorts", "room for 58", "leave some of them out"),
    ("port that is none", put("rocketchat:runtime.egressPorts", [70000]), "rocketchat:runtime.egressPorts[0]", "65535", None),
    ("variables too long for Fargate", put("rocketchat:settings", {"Layout_Home_Body": "x" * 40_000, "Layout_Terms_of_Service": "x" * 30_000}), "rocketchat:settings.Layout_Home_Body", "65,536", "shorten"),
    ("variable too long for Linux", put("rocketchat:settings", {"Layout_Home_Body": "x" * 132_000}), "rocketchat:settings.Layout_Home_Body", "131,072", None),
    ("address allowed twice", put("rocketchat:database.allow", ["203.0.113.7", "203.0.113.7"]), "rocketchat:database.allow[1]", "twice", None),
    ("the world is allowed", put("rocketchat:database.allow", ["0.0.0.0/0"]), "rocketchat:database.allow[0]", "IPv4 address", None),
    ("region that AWS has not", put("aws:region", "ap-southeast-9"), "aws:region", "not a region", "ap-southeast-"),
    ("more tags than AWS takes", put("rocketchat:chat.tags", {f"k{at}": "v" for at in range(46)}), "rocketchat:chat.tags", "these are 46 tags; AWS takes 50", "all but 45"),
    ("snapshots of a cluster that is another's", lambda values: values.update({"rocketchat:database": {"kind": "atlas-existing", "stack": "other", "name": "chat"}, "rocketchat:backup": {"weeklyWeeks": 4}}), "rocketchat:backup.weeklyWeeks", "the database is atlas-existing", "leave it out"),
    ("CDN before a runtime that it does not know", lambda values: values.update({"rocketchat:runtime": {"kind": "kubernetes", "context": "x", "ingress": {"kind": "class", "name": "traefik", "issuer": "le"}}, "rocketchat:edge": {"kind": "cloudfront"}}), "rocketchat:edge.kind", "cannot stand before runtime kubernetes", "leave `edge` out"),
    ("region in China", put("aws:region", "cn-north-1"), "aws:region", "AWS in China", "another region"),
    ("CDN that GovCloud has not", put("aws:region", "us-gov-west-1"), "rocketchat:media.cdn.kind", "no CloudFront in us-gov-west-1", "leave it out"),
    ("edge that GovCloud has not", lambda values: values.update({"aws:region": "us-gov-east-1", "rocketchat:edge": {"kind": "cloudfront"}}), "rocketchat:edge.kind", "no CloudFront in us-gov-east-1", None),
    ("budget that GovCloud has not", lambda values: values.update({"aws:region": "us-gov-east-1"}) or values["rocketchat:monitoring"].update(monthlyBudgetUsd=100), "rocketchat:monitoring.monthlyBudgetUsd", "no AWS Budgets", None),
    ("mail in GovCloud", put("aws:region", "us-gov-west-1"), "rocketchat:mail.kind", "not set up in us-gov-west-1", "kind: smtp, host: email-smtp.us-gov-west-1.amazonaws.com"),
    ("mail of another partition", lambda values: values.update({"aws:region": "us-gov-west-1"}) or values["rocketchat:mail"].update(region="us-west-2"), "rocketchat:mail.region", "an account of us-gov-west-1 is nobody", "email-smtp.us-gov-west-1"),
    ("mail of GovCloud for another", lambda values: values["rocketchat:mail"].update(region="us-gov-west-1"), "rocketchat:mail.region", "not set up in us-gov-west-1", "kind: smtp"),
    ("role of another partition", put("rocketchat:aws", {"assumeRole": {"arn": "arn:aws-us-gov:iam::123456789012:role/deploy"}}), "rocketchat:aws.assumeRole.arn", "partition aws-us-gov", "account there"),
    ("region unknown to Atlas", put("aws:region", "me-west-1"), "aws:region", "no region me-west-1", "me-"),
    ("no region", put("aws:region", None), "aws:region", "needs a region", "aws:region"),
    ("region that is none", put("aws:region", "Singapore"), "aws:region", "not a region", None),
    ("project and organization", put("rocketchat:database.project", "5f0c1d2e3b4a59687f6e5d4c"), "rocketchat:database", "not both", None),
    ("no way for the database", put("rocketchat:database.organization", None), "rocketchat:database", "either", None),
    ("Atlas id too short", put("rocketchat:database.organization", "5f0c"), "rocketchat:database.organization", "24 hexadecimal", None),
    ("nobody can log in", put("rocketchat:login", None), "rocketchat:accounts.loginForm", "nobody", "loginForm: true"),
    ("memory that Fargate lacks", put("rocketchat:runtime.memory", 2048), "rocketchat:runtime.memory", "Fargate", None),
    ("CPU that Fargate lacks", put("rocketchat:runtime.cpu", 1000), "rocketchat:runtime.cpu", "choices", None),
    ("no fixed address", lambda v: (put("rocketchat:runtime.network", {"nat": "none"})(v), put("rocketchat:database.privateLink", False)(v)), "rocketchat:runtime.network", "whole world", "privateLink: true"),
    ("listener of another region", lambda values: put("rocketchat:runtime.network", {"kind": "existing", "vpc": "vpc-0123456789abcdef0", "taskSubnets": ["subnet-0123456789abcdef3"], "egressAddresses": ["203.0.113.7"]})(values) or put("rocketchat:runtime.balancer", {"kind": "existing", "listener": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/a/b/c"})(values), "rocketchat:runtime.balancer.listener", "in eu-west-1", "eu-west-1"),
    ("bucket that S3 keeps for itself", put("rocketchat:backup", {"bucket": "media-s3alias"}), "rocketchat:backup.bucket", "keeps for itself", None),
    ("balancer of another network", put("rocketchat:runtime.balancer", {"kind": "existing", "listener": "arn:aws:elasticloadbalancing:ap-southeast-1:123456789012:listener/app/a/b/c"}), "rocketchat:runtime.balancer", "existing network", "kind: existing"),
    ("unknown setting", put("rocketchat:settings", {"Accounts_AllowUserNameChange": True}), "rocketchat:settings.Accounts_AllowUserNameChange", "", "Accounts_AllowUsernameChange"),
    ("setting of the wrong type", put("rocketchat:settings", {"FileUpload_MaxFileSize": "big"}), "rocketchat:settings.FileUpload_MaxFileSize", "", None),
    ("setting of the wrong choice", put("rocketchat:settings", {"Log_Level": "7"}), "rocketchat:settings.Log_Level", "", None),
    ("asset as a setting", put("rocketchat:settings", {"Assets_logo": "logo.svg"}), "rocketchat:settings.Assets_logo", "", None),
    ("setting that a part sets", put("rocketchat:settings", {"Accounts_ShowFormLogin": True}), "rocketchat:settings.Accounts_ShowFormLogin", "accounts", None),
    ("two names for one proxy", lambda v: (put("rocketchat:edge", {"kind": "cloudfront"})(v), put("rocketchat:dns.proxied", True)(v)), "rocketchat:dns.proxied", "contradict", None),
    ("key of a provider that is not read", put("aws:regoin", "x"), "aws:regoin", "does not read", "aws:region"),
    ("key without a namespace", put("chat", {}), "chat", "namespace", "rocketchat:chat"),
    ("key of a part beside it", lambda values: values.update({"rocketchat:chat.users": 5}), "rocketchat:chat.users", "stands beside it", "as `users: …`"),
    ("number in quotes", put("rocketchat:chat.users", "100"), "rocketchat:chat.users", "whole number", "without quotes"),
    ("choice in quotes", put("rocketchat:runtime.cpu", "1024"), "rocketchat:runtime.cpu", "choices", "without quotes"),
    ("truth in quotes", put("rocketchat:runtime.exec", "true"), "rocketchat:runtime.exec", "true or false", "without quotes"),
    ("number that is near another by its letters", put("rocketchat:runtime.logDays", 31), "rocketchat:runtime.logDays", "choices", "did you mean: 30\n"),
    ("tier that the cloud has and we have not", put("rocketchat:database.tier", "M0"), "rocketchat:database.tier", "choices", "did you mean: M10"),
    ("architecture as Docker says it", put("rocketchat:runtime.architecture", "amd64"), "rocketchat:runtime.architecture", "choices", "did you mean: x86_64"),
    ("secret of GitHub in its login", put("rocketchat:login", {"kind": "github", "clientId": "Iv1.0123456789abcdef", "clientSecret": "x"}), "rocketchat:login.clientSecret", "in clear", "--secret rocketchat:Accounts_OAuth_Github_secret;"),
    ("password of a directory in its login", put("rocketchat:login", {"kind": "ldap", "host": "ldap.example.com", "baseDn": "DC=example", "bindPassword": "x"}), "rocketchat:login.bindPassword", "in clear", "--secret rocketchat:LDAP_Authentication_Password;"),
    ("token of a provider in its part", put("rocketchat:dns.apiToken", {"secure": "v1:abc"}), "rocketchat:dns.apiToken", "inside an object", "--secret cloudflare:apiToken"),
    ("variables by another name", put("rocketchat:container", {"env": {}}), "rocketchat:container.env", "unknown key", "did you mean: variables"),
    ("tag of the stack's own", put("rocketchat:chat.tags", {"owner": "me"}), "rocketchat:chat.tags.owner", "the stack has by itself", "otherwise"),
    ("two tags that IAM takes for one", put("rocketchat:chat.tags", {"Team": "a", "team": "b"}), "rocketchat:chat.tags.team", "the tag Team", "otherwise"),
    ("everybody administrator", put("rocketchat:accounts.defaultRoles", ["user", "admin"]), "rocketchat:accounts.defaultRoles", "everybody", "leave it out"),
    ("passwords that cannot be", put("rocketchat:accounts.passwords", {"minLength": 100, "maxLength": 50}), "rocketchat:accounts.passwords", "no password", None),
    ("domain allowed and blocked", lambda values: values["rocketchat:accounts"].update(allowedDomains=["a.com"], blockedDomains=["a.com"]), "rocketchat:accounts.blockedDomains[0]", "too", "one of the two"),
    ("directory in the container", put("rocketchat:login", [{"kind": "ldap", "host": "localhost", "baseDn": "DC=example"}]), "rocketchat:login[0].host", "own container", "over a network"),
    ("directory at the chat's name", put("rocketchat:login", {"kind": "ldap", "host": "chat.lovia.life", "baseDn": "DC=example"}), "rocketchat:login.host", "chat's own name", "other server"),
    ("mail server at the chat's name", put("rocketchat:mail", {"kind": "smtp", "host": "chat.lovia.life", "from": "chat@lovia.life"}), "rocketchat:mail.host", "chat's own name", "other server"),
    ("login at another port of the chat's name", put("rocketchat:login.url", "https://chat.lovia.life:8443"), "rocketchat:login.url", "chat's own name", "other server"),
    ("bucket service in the container", put("rocketchat:media", {"kind": "s3-compatible", "endpoint": "https://127.0.0.1:9000", "bucket": "media"}), "rocketchat:media.endpoint", "own container", None),
    ("bucket in the address of its service", put("rocketchat:media", {"kind": "s3-compatible", "endpoint": "https://media.s3.fr-par.scw.cloud", "bucket": "media"}), "rocketchat:media.endpoint", "in the service's address, too", "write https://s3.fr-par.scw.cloud"),
    ("proxy in the container", put("rocketchat:container", {"proxy": {"url": "http://localhost:3128"}}), "rocketchat:container.proxy.url", "own container", None),
    ("setting as a variable", put("rocketchat:container", {"variables": {"Site_Name": "x"}}), "rocketchat:container.variables.Site_Name", "first start only", "`settings`"),
    ("filter that is not closed", put("rocketchat:login", {"kind": "ldap", "host": "ldap.example.com", "baseDn": "DC=example", "userFilter": "(&(a=b)"}), "rocketchat:login.userFilter", "do not match", None),
    ("two filters", put("rocketchat:login", {"kind": "ldap", "host": "ldap.example.com", "baseDn": "DC=example", "userFilter": "(a=b)(c=d)"}), "rocketchat:login.userFilter", "do not match", None),
    ("address of letters", put("rocketchat:login.url", "https://Bücher.example.com"), "rocketchat:login.url", "lower case", "https://xn--bcher-kva.example.com"),
    ("pages of Okta's administrators", put("rocketchat:login", {"kind": "oidc", "preset": "okta", "url": "https://example-admin.okta.com", "clientId": "c"}), "rocketchat:login.url", "another one", "https://<organization>.okta.com"),
    ("name of no zone", lambda values: values["rocketchat:chat"].update(host="chat.internal") or values["rocketchat:dns"].update(zone="chat.internal"), "rocketchat:chat.host", "no public authority", "zone of the internet"),
    ("port that is none in a setting", put("rocketchat:settings", {"IRC_Port": 99999}), "rocketchat:settings.IRC_Port", "not one of its values", "from 1 to 65535"),
    ("user with a colon", put("rocketchat:images", {"username": "a:b"}), "rocketchat:images.username", "colons", None),
    ("font that is not there", put("rocketchat:appearance", {"fonts": [{"family": "X", "file": "none.woff2"}]}), "rocketchat:appearance.fonts[0].file", "cannot be read", None),
    ("address that nobody has", put("rocketchat:database.allow", ["127.0.0.1"]), "rocketchat:database.allow[0]", "no other machine", None),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "path", "message", "hint"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_a_mistake_is_named_with_its_place_and_what_to_do(
    change: Callable[[Values], object], path: str, message: str, hint: str | None
) -> None:
    found = problems(change)
    shown = "\n".join(str(problem) for problem in found if problem.path == path)
    assert shown, f"named instead: {[str(problem) for problem in found]}"
    assert message in shown
    if hint is not None:
        assert hint in shown


def test_all_mistakes_of_a_file_are_shown_together() -> None:
    def spoil(values: Values) -> None:
        put("rocketchat:chta", {})(values)
        put("rocketchat:chat.users", "many")(values)
        put("rocketchat:mail.from", "x@gmail.com")(values)
        put("aws:region", "xx-nowhere-1")(values)

    paths = {problem.path for problem in problems(spoil, secure=set())}
    assert paths >= {
        "rocketchat:chta",
        "rocketchat:chat.users",
        "rocketchat:mail.from",
        "aws:region",
        "rocketchat:oidcClientSecret",
    }


MISTAKES = {name: (change, path) for name, change, path, _, _ in BAD}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("misspelt key", "nobody can log in"),
        ("text for a truth", "custom OAuth in 9.0"),
        ("missing key", "CDN outside the zone"),
        ("root URL with a slash", "setting that a part sets"),
        ("misspelt key of a union", "no fixed address"),
        ("missing kind", "nobody can log in"),
        ("unknown kind", "users that need replicas"),
        ("unknown release", "setting of the wrong type"),
        ("too many users", "memory that Fargate lacks"),
        ("wrong type of a part", "region unknown to Atlas"),
        ("zone twice", "two names for one proxy"),
        ("From that is no address", "more ways out than a security group takes"),
        ("secret inside a part", "CDN with the chat's name"),
        ("missing part", "balancer of another network"),
    ],
)
def test_a_mistake_in_one_part_hides_none_in_another(one: str, other: str) -> None:
    (spoil, place), (spoil_more, further) = MISTAKES[one], MISTAKES[other]

    def spoil_both(values: Values) -> None:
        spoil(values)
        spoil_more(values)

    found = problems(spoil_both)
    assert {place, further} <= {problem.path for problem in found}
    assert len(found) == len({(problem.path, problem.message) for problem in found}), "one is told twice"
    alone_told = [*problems(spoil), *problems(spoil_more)]
    assert [problem for problem in found if problem not in alone_told] == []


def test_what_depends_on_a_value_that_is_wrong_is_not_guessed() -> None:
    """With users as text it is not known how many servers there are, and with a wrong zone not what lies in it."""

    def spoil(values: Values) -> None:
        put("rocketchat:chat.users", "2000")(values)
        put("rocketchat:dns.zone", "no zone")(values)

    assert {problem.path for problem in problems(spoil)} == {"rocketchat:chat.users", "rocketchat:dns.zone"}


def test_a_missing_secret_hides_no_other_mistake() -> None:
    found = problems(put("rocketchat:settings", {"Accounts_ShowFormLogin": True}), secure=set())
    assert {problem.path for problem in found} == {
        "rocketchat:oidcClientSecret",
        "rocketchat:settings.Accounts_ShowFormLogin",
    }


def test_a_missing_secret_is_refused_with_the_command_that_sets_it() -> None:
    [problem] = problems(lambda _: None, secure=set())
    assert problem.path == "rocketchat:oidcClientSecret"
    assert problem.remedy == "pulumi config set --secret rocketchat:oidcClientSecret"
    # Another stack may be the selected one.
    (told,) = InvalidStack("stacks/Pulumi.chat.example.yaml", [problem]).problems
    assert told.remedy == f"{problem.remedy} --stack chat.example"
    said = str(InvalidStack("stacks/Pulumi.chat.example.yaml", [problem, problem]))
    assert said.count("pulumi stack init chat.example") == 1
    licence = Problem("a", "b", remedy="pulumi config set --secret rocketchat:license; or leave it")
    (told,) = InvalidStack("Pulumi.x.yaml", [licence]).problems
    assert told.remedy == "pulumi config set --secret rocketchat:license --stack x; or leave it"
    assert InvalidStack("stacks/Pulumi.x.yaml", [told]).problems == (told,)


def test_a_secret_that_is_not_known_names_the_nearest() -> None:
    [problem] = problems(lambda _: None, secure={*SECURE, "rocketchat:smtpPasword"})
    assert problem.nearest == "rocketchat:smtpPassword"


def test_a_licence_makes_replicas_possible() -> None:
    spec = accepted(put("rocketchat:runtime.instances", 2), secure={*SECURE, "rocketchat:license"})
    assert spec.parts.runtime.instances == 2


def test_no_value_of_a_mistake_is_repeated_where_it_could_be_a_secret() -> None:
    for change in (
        put("rocketchat:smtpPassword", "canary-value"),
        put("cloudflare:apiToken", "canary-value"),
        put("rocketchat:login.clientSecret", "canary-value"),
        put("rocketchat:database.uri", "mongodb://u:canary-value@h/d"),
    ):
        assert all("canary-value" not in str(problem) for problem in problems(change))


def test_each_secret_and_each_part_has_a_description() -> None:
    assert all(key.description.endswith(".") for key in SECRETS.values())
    assert descriptions(Parts).keys() == Parts.model_fields.keys()


def test_the_schema_file_is_fresh() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run `make schema`"


def test_every_form_is_one_for_editors_too() -> None:
    forms = re.findall(r'"pattern": (".+"),?\n', text())
    assert len(forms) > 60
    for form in map(json.loads, forms):
        # What Python has and ECMAScript has not, or reads otherwise.
        assert re.search(r"\\[AZ]", form) is None, form
        bare = re.sub(r"\[(\\.|[^\]])*\]", "x", re.sub(r"\\[^AZ]", "x", form))
        assert re.search(r"\(\?[PaiLmsux#>(]|[*+?}]\+", bare) is None, form


@pytest.mark.parametrize("stack", files.names())
def test_every_stack_file_is_valid_and_names_the_schema(stack: str) -> None:
    file = files.read(stack)
    parse(file.values, file.secure, source=stack, line=file.line)
    assert file.path.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=stack.schema.json\n"
    )


@pytest.mark.parametrize("stack", files.names())
def test_every_stack_file_is_valid_by_the_schema(stack: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = yaml.safe_load(files.find(stack).read_text(encoding="utf-8"))
    from stacks.schema import schema

    jsonschema.Draft202012Validator(schema()).validate(document)


@pytest.mark.parametrize(
    ("part", "value", "path", "kinds"),
    [
        ("dns", {"zone": "example.com"}, "dns.kind", "cloudflare, digitalocean, manual, route53"),
        ("mail", {"host": "smtp.example.com", "from": "a@example.com"}, "mail.kind", "ses, ses-existing, smtp"),
        ("login", {"url": "https://a.b"}, "login.kind", "apple, github, gitlab, google, ldap, oidc, saml"),
        ("login", [{}], "login[0].kind", "apple, github, gitlab, google, ldap, oidc, saml"),
        ("media", {"kind": "s3", "bucket": "abc", "cdn": {"host": "a.b"}}, "media.cdn.kind", "cloudfront, external"),
    ],
)  # fmt: skip
def test_where_a_kind_is_missing_all_of_them_are_named(part: str, value: Any, path: str, kinds: str) -> None:
    [problem] = alone(f"rocketchat:{part}", value)
    assert (problem.path, problem.allowed) == (f"rocketchat:{path}", kinds)


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("login", {"kind": "oidc", "urll": "https://a.b", "clientId": "c"}, ["login.urll: url"]),
        ("login", [{"kind": "saml", "entrypoint": "x", "certificate": "MAMCAQE="}], ["login[0].entrypoint: entryPoint"]),
        ("media", {"kind": "s3", "buckte": "a", "cdn": {"kind": "external", "hots": "a.b"}}, ["media.cdn.hots: host", "media.buckte: bucket"]),
        ("runtime", {"kind": "fargate", "network": {"natt": "one"}}, ["runtime.network.natt: nat"]),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_one_mistake_and_not_a_missing_one_too(
    part: str, value: Any, told: list[str]
) -> None:
    found = alone(f"rocketchat:{part}", value)
    assert [f"{one.path.removeprefix('rocketchat:')}: {one.nearest}" for one in found] == told


@pytest.mark.parametrize(
    ("part", "value", "kind"),
    [
        ("runtime", {"kind": "fargate", "network": {"vpc": "vpc-1"}}, "existing"),
        ("runtime", {"kind": "kubernetes", "context": "x", "ingress": {"tlsSecret": "x"}}, "class"),
        ("login", [{"kind": "github", "clientId": "x", "group": {"name": "x"}}], "ldap"),
    ],
)
def test_a_key_of_another_kind_is_named_as_one_wherever_it_stands(part: str, value: Any, kind: str) -> None:
    [problem] = alone(f"rocketchat:{part}", value)
    assert problem.message == f"this is a key of kind {kind}"
    assert problem.allowed


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("runtime", {"kind": "fargat3", "cpu": 3, "logDayz": 30, "network": {"kind": "new", "cidr": "x"}}, ["kind", "cpu", "logDayz", "network.cidr"]),
        ("runtime", {"kind": "mainframe", "cpu": 3, "logDays": 30, "what": 1}, ["kind", "cpu", "what"]),
        ("runtime", {"cpu": 1024, "logDays": "x", "sshKey": []}, ["kind", "logDays", "sshKey"]),
        ("runtime", {"kind": "fargate", "network": {"kind": "existng", "vpc": 1, "x": 2}}, ["network.kind", "network.vpc", "network.x", "network.taskSubnets"]),
        ("database", {"kind": "atals"}, ["kind", "cluster"]),
        ("database", {"kind": "zzz", "organization": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "chat"}, ["kind"]),
        ("media", {"kind": "s4", "bucket": "media", "cdn": {"kind": "externl"}}, ["kind", "cdn.kind", "cdn.host"]),
    ],
)  # fmt: skip
def test_an_unknown_kind_hides_nothing_that_is_wrong_whichever_is_meant(
    part: str, value: Any, told: list[str]
) -> None:
    found = alone(f"rocketchat:{part}", value)
    assert sorted(one.path for one in found) == sorted(f"rocketchat:{part}.{one}" for one in told)
    assert not any(one.message.startswith("this is a key of kind") for one in found)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("rocketchat:login", "google", "write `{kind: google}`"),
        ("rocketchat:push", "gatway", "write `{kind: gateway}`"),
        ("rocketchat:runtime.network", "new", "write `{kind: new}`"),
        ("rocketchat", {"chat": {}}, "`rocketchat:chat: …`"),
        ("environment", ["x"], "beside `config:`"),
        ("rocketchat:monitoring.alarmEmails", "ops@example.com", "in brackets"),
    ],
)
def test_a_part_in_another_form_says_how_it_is_written(path: str, value: Any, told: str) -> None:
    [found] = [problem for problem in problems(put(path, value)) if problem.path == path]
    assert told in (found.remedy or "")


@pytest.mark.parametrize(
    ("part", "value", "secret"),
    [
        ("login", {"kind": "google", "clientId": "x", "clientSecret": "y"}, "Accounts_OAuth_Google_secret"),
        ("login", {"kind": "google", "clientId": "x", "clientSecret": {"secure": "y"}}, "Accounts_OAuth_Google_secret"),
        ("settings", {"Accounts_OAuth_Google": True, "Accounts_OAuth_Google_secret": "x"}, "Accounts_OAuth_Google_secret"),
    ],
)  # fmt: skip
def test_a_secret_in_a_wrong_place_is_not_missing_too(part: str, value: Any, secret: str) -> None:
    [found] = problems(put(f"rocketchat:{part}", value))
    assert f"config set --secret rocketchat:{secret}" in (found.remedy or "")
    assert found.path != f"rocketchat:{secret}"


def test_forty_unknown_kinds_are_told_in_a_second() -> None:
    logins = [{"kind": "nosuch", "clientID": "x", "what": [1]} for _ in range(40)]
    started = time.process_time()
    assert len(alone("rocketchat:login", logins)) >= 40
    assert time.process_time() - started < 5


@pytest.mark.parametrize("host", ["Ä/x", "://", "a b/", "https:///x", "http://-a.b", "ÄZ", "/", "A"])
def test_a_host_name_is_only_proposed_where_it_is_one(host: str) -> None:
    [problem] = alone("rocketchat:chat", {"host": host})
    assert problem.message == "this is not a host name; one looks like chat.example.com"


@pytest.mark.slow
def test_a_wrong_value_of_any_key_ends_in_mistakes_of_that_key() -> None:
    tried = set()
    with fonts():
        for trial in trials():
            if trial.key.secret or not trial.key.attribute or trial.key.path in tried:
                continue
            tried.add(trial.key.path)
            values = trial.values()
            put_at(values, trial.key.path, [{"no": "such"}])
            with pytest.raises(InvalidStack) as caught:
                parse(values, trial.secrets(), source="any")
            place = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in trial.key.path)[1:]
            assert any(leads_into(one.path, place) for one in caught.value.problems), trial.key.name
    assert len(tried) > 250


FILES = [
    ("config: [", "not YAML", 1),
    ("- a\n- b\n", "mapping", 1),
    ("", "no `config:`", None),
    ("config:\n  rocketchat:chat: {host: a.b}\n  rocketchat:chat: {host: c.d}\n", "duplicate key", 3),
    ("config:\n  a: &a [*a]\n", "", None),
    ("rocketchat:chat: {}\nconfig: {}\n", "unknown top-level key", 1),
    ("config: 7\n", "must be a mapping", 1),
    ("config:\n  ? [a, b]\n  : 1\n", "plain text", 2),
    ("config:\n  a: !!python/object:os.system x\n", "a tag (!)", 2),
    ("x: " + "[" * 5000, "", None),
    ("config:\n\u00a0 rocketchat:chat: {host: a.b}\n  rocketchat:dns: {kind: manual, zone: a.b}\n", "rocketchat:chat (line 2): an unseen character (U+00A0)", 2),
    ("config:\n  rocketchat:chat: {users:\u00a05}\n", "rocketchat:chat.users (line 2): an unseen character (U+00A0)", 2),
    ("config:\n  rocketchat:\u200bchat: {host: a.b}\n", "rocketchat:chat (line 2): an unseen character (U+200B)", 2),
    ("config:\n  rocketchat:dns:{kind: manual, zone: a.b}\n", "rocketchat:dns (line 2): no space follows the colon", 2),
    ("config:\n  rocketchat:chat: {kind:x}\n", "put a blank behind its colon", 2),
    ("config:\n  rocketchat:chat: {host: [::1]}\n", "a mark of YAML", 2),
    ("config:\n  rocketchat:chat: {host: a.b,, users: 5}\n", "a value is missing", 2),
    ("config:\n  rocketchat:chat: {siteName: a #b, users: 5}\n", "` #` in quotes", 2),
    ("config: {}\nenvironment: 5\n", "environment (line 2): this must be a list", 2),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message", "line"), FILES)
def test_a_file_that_is_no_stack_file_is_refused_in_words(
    tmp_path: Path, content: str, message: str, line: int | None
) -> None:
    path = tmp_path / "Pulumi.broken.yaml"
    path.write_text(content)
    with pytest.raises(InvalidStack) as caught:
        parse_file(files.read(str(path)))
    assert message in str(caught.value)
    if line is not None:
        assert line in [problem.line for problem in caught.value.problems]


def test_aliases_that_multiply_are_refused(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    path = tmp_path / "Pulumi.bomb.yaml"
    path.write_text("config:\n" + "".join(f"  {row}\n" for row in rows))
    with pytest.raises(InvalidStack, match="values"):
        files.read(str(path))


def test_a_problem_carries_the_line_of_its_key(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.typo.yaml"
    lines = files.find("lovia-fargate").read_text().replace("users: 200", "uesrs: 200").splitlines()
    path.write_text("\n".join(lines))
    file = files.read(str(path))
    with pytest.raises(InvalidStack) as caught:
        parse(file.values, file.secure, source="x", line=file.line)
    [problem] = caught.value.problems
    assert problem.line == next(n for n, line in enumerate(lines, 1) if "uesrs" in line)
    assert problem.nearest == "users"


def test_an_unknown_stack_names_those_there_are() -> None:
    with pytest.raises(InvalidStack, match="lovia-fargate"):
        files.read("lovia-fargat")


def test_a_stack_in_a_project_without_any_is_told_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    with pytest.raises(InvalidStack) as caught:
        files.read("chat")
    [problem] = caught.value.problems
    assert problem.allowed is None
    assert "rocketchat new" in (problem.remedy or "")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def broken(draw: st.DrawFn) -> Values:
    """A good stack file in which some places hold something else."""
    values = good()
    for _ in range(draw(st.integers(1, 4))):
        inside: Any = values
        while True:
            key = draw(st.sampled_from(sorted(inside)))
            if isinstance(inside[key], dict) and inside[key] and draw(st.booleans()):
                inside = inside[key]
                continue
            match draw(st.sampled_from(["replace", "remove", "add", "rename"])):
                case "replace":
                    inside[key] = draw(anything)
                case "remove":
                    del inside[key]
                case "add":
                    inside[draw(st.text(max_size=12))] = draw(anything)
                case "rename":
                    inside[key + draw(st.text(min_size=1, max_size=3))] = inside.pop(key)
            break
        if not values:
            break
    return values


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(broken())
def test_a_broken_stack_file_never_ends_in_anything_but_a_refusal(values: Values) -> None:
    try:
        spec = parse(values, SECURE, source="a stack")
    except InvalidStack as error:
        assert error.problems
        assert all(problem.path and problem.message for problem in error.problems)
        assert str(error)
    else:
        assert spec.parts.chat.host


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*(f"rocketchat:{key}" for key in good()), "x"]) | st.text(max_size=15),
        anything,
        max_size=6,
    )
)
def test_any_values_end_in_a_specification_or_a_refusal(values: Values) -> None:
    with pytest.raises(InvalidStack):
        parse(values, set(), source="a stack")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_end_in_a_stack_file_or_a_refusal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Pulumi.noise.yaml"
    path.write_bytes(content)
    try:
        files.read(str(path))
    except InvalidStack as error:
        assert str(error)


def test_a_sensitive_setting_in_an_otherwise_right_file_is_one_mistake_with_its_place() -> None:
    for wrong in ({"SMTP_Password": "x"}, {"Nonsense": 1}, {"Assets_logo": "x"}):
        values = {**values_of("family-host"), "rocketchat:settings": wrong}
        with pytest.raises(InvalidStack) as refusal:
            parse(values, set(files.read("family-host").secure), source="a test")
        (found,) = refusal.value.problems
        assert found.path == f"rocketchat:settings.{next(iter(wrong))}"


@pytest.mark.parametrize(("part", "word"), [("settings", "Acounts_Alow"), ("chat", "usres")])
def test_two_thousand_misspelt_keys_are_told_in_seconds(part: str, word: str) -> None:
    began = time.process_time()
    assert (
        len(
            problems(
                lambda values: values.setdefault(f"rocketchat:{part}", {}).update(
                    {f"{word}{number}": 1 for number in range(2000)}
                )
            )
        )
        >= 2000
    )
    assert time.process_time() - began < 8


def test_a_region_that_several_parts_lack_is_told_once() -> None:
    found = files.read("lovia-doks")
    values = {key: value for key, value in found.values.items() if key != "aws:region"}
    with pytest.raises(InvalidStack) as caught:
        parse(values, found.secure, source="a stack")
    assert [problem.path for problem in caught.value.problems] == ["aws:region"]


@pytest.mark.parametrize(
    ("host", "told"), [("a.b.lovia.life", True), ("a.lovia.life", False), ("lovia.life", False)]
)
def test_a_name_that_the_proxys_certificate_does_not_cover_is_refused(host: str, told: bool) -> None:
    values = good()
    put("rocketchat:chat.host", host)(values)
    put("rocketchat:dns.proxied", True)(values)
    found = []
    try:
        parse(values, SECURE, source="a stack")
    except InvalidStack as error:
        found = [problem.path for problem in error.problems]
    assert ("rocketchat:chat.host" in found) is told


def test_a_secret_anywhere_inside_a_part_is_refused_with_one_mistake() -> None:
    [problem] = problems(put("rocketchat:settings.LDAP_Enable", {"secure": "v1:x"}))
    assert problem.path == "rocketchat:settings.LDAP_Enable"
    assert "in clear" in problem.message


KEYS_OF_PARTS = [
    f"rocketchat:{name}"
    for name in ("chat", "runtime", "database", "media", "dns", "mail", "login", "settings")
]


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from([*KEYS_OF_PARTS, "aws:region", "rocketchat:", ":", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["kind", "host", "secure", "value", "lock", "Log_Level", "zone", "x"])
                    | st.text(),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        ),
        max_size=5,
    )
)
def test_any_values_end_in_a_specification_or_in_mistakes(changed: Values) -> None:
    values = good()
    for key, value in changed.items():
        values[key] = (
            {**values[key], **value}
            if isinstance(value, dict) and isinstance(values.get(key), dict)
            else value
        )
    with contextlib.suppress(InvalidStack):
        parse(values, SECURE, source="a stack")


@pytest.mark.parametrize(
    ("part", "value", "path"),
    [
        ("chat", {"siteName": "true"}, "rocketchat:chat.siteName"),
        ("appearance", {"homeTitle": "FALSE"}, "rocketchat:appearance.homeTitle"),
        (
            "login",
            [{"kind": "oidc", "url": "https://login.example.com", "clientId": "chat", "scope": "true"}],
            "rocketchat:login[0].scope",
        ),
    ],
)
def test_a_text_that_the_server_reads_as_a_switch_is_refused_by_its_key(
    part: str, value: Any, path: str
) -> None:
    read = files.read("lovia-fargate")
    former = read.values.get(f"rocketchat:{part}", {})
    changed = {**former, **value} if isinstance(value, dict) else value
    values = {**read.values, f"rocketchat:{part}": changed}
    with pytest.raises(InvalidStack) as refused:
        parse(values, set(read.secure), source="a test")
    assert path in [problem.path for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("push:", "push"),
        ("push: ~", "push"),
        ("settings: {Log_Level: }", "settings.Log_Level"),
        ("settings: {Log_Level}", "settings.Log_Level"),
        ("settings:\n    Log_Level:", "settings.Log_Level"),
        ("settings: {Log_Level: {value: , lock: true}}", "settings.Log_Level.value"),
        ("accounts: {twoFactor: , lock: true}", "accounts.twoFactor"),
        ("accounts: {twoFactor: ~}", "accounts.twoFactor"),
        ("monitoring:\n    alarmEmails:\n      -\n      - a@example.com", "monitoring.alarmEmails[0]"),
        ("backup: {bucket: null}", "backup.bucket"),
        ("push: {kind: }", "push.kind"),
    ],
)
def test_an_empty_value_is_told_as_one_at_any_depth(tmp_path: Path, text: str, path: str) -> None:
    file = tmp_path / "Pulumi.empty.yaml"
    file.write_text(f"config:\n  rocketchat:{text}\n", encoding="utf-8")
    found = files.read(str(file))
    told = {problem.path: problem for problem in alone(*next(iter(found.values.items())))}
    assert list(told) == [f"rocketchat:{path}"]
    assert "no value" in told[f"rocketchat:{path}"].message
    assert (found.line(f"rocketchat:{path}") or 0) >= 2


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("Log_Level", "rocketchat:settings: {Log_Level: …}"),
        ("rocketchat:Log_Level", "rocketchat:settings: {Log_Level: …}"),
        ("rocketchat:log_level", "rocketchat:settings: {Log_Level: …}"),
        ("rocketchat:Log_Levl", "rocketchat:settings: {Log_Level: …}"),
        ("rocketchat:Site_Name", "rocketchat:chat.siteName"),
        ("rocketchat:SMTP_Password", "pulumi config set --secret rocketchat:smtpPassword"),
        ("rocketchat:SMTP_Pasword", "rocketchat:smtpPassword"),
        (
            "rocketchat:ldap_authentication_password",
            "pulumi config set --secret rocketchat:LDAP_Authentication_Password",
        ),
        ("rocketchat:FileUpload_S3_AWSSecretAccessKey", "the part `media` makes it"),
    ],
)
def test_a_setting_of_the_product_at_the_top_is_told_where_it_belongs(key: str, place: str) -> None:
    [problem] = problems(put(key, "value"))
    assert place in f"{problem.nearest} {problem.remedy}"
    assert "login" not in str(problem)
    if key.startswith("rocketchat:") and "S3" not in key and key != "rocketchat:Log_Levl":
        [problem] = problems(lambda _: None, secure={*SECURE, key})
        assert place in f"{problem.nearest} {problem.remedy}"


def test_what_the_engine_reads_otherwise_hides_no_other_mistake(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.several.yaml"
    path.write_text(
        "config:\n"
        "  aws:region: ap-southeast-1\n"
        "  rocketchat:chat: {host: chat.example.com, users: 0}\n"
        "  rocketchat:runtime: {kind: droplet, region: !!str ams3, sise: no}\n"
        "  rocketchat:database: {kind: mongo}\n"
        "  rocketchat:accounts: {twoFactor: no, nameChange: on, loginFrom: true}\n"
        "  rocketchat:push: {kind: none}\n"
        "  rocketchat:push: {kind: gatevay}\n"
        "  rocketchat:settings: {Log_Level: 1e0, Log_Levl: x}\n"
        "encrypted: x\n"
    )
    with pytest.raises(InvalidStack) as caught:
        parse_file(files.read(str(path)))
    assert sorted((problem.path, problem.line) for problem in caught.value.problems) == [
        ("encrypted", 10),
        ("rocketchat:accounts.loginFrom", 6),
        ("rocketchat:accounts.nameChange", 6),
        ("rocketchat:accounts.twoFactor", 6),
        ("rocketchat:chat.users", 3),
        ("rocketchat:database.kind", 5),
        ("rocketchat:push", 8),
        ("rocketchat:push.kind", 8),
        ("rocketchat:runtime.region", 4),
        ("rocketchat:runtime.sise", 4),
        ("rocketchat:runtime.sshKey", 4),
        ("rocketchat:settings.Log_Level", 9),
        ("rocketchat:settings.Log_Levl", 9),
    ]


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        ("rocketchat:mail.password", "smtpPassword"),
        ("rocketchat:push.apnKey", "apnKey"),
        ("rocketchat:login.clientSecret", "oidcClientSecret"),
        ("rocketchat:database.uri", "mongodbUri"),
        ("rocketchat:database.anything", "<name>"),
    ],
)
def test_a_secret_inside_a_part_is_told_with_a_command_that_can_be_run(path: str, secret: str) -> None:
    values = good()
    key, _, word = path.rpartition(".")
    values[key] = {"kind": "none", word: {"secure": "v1:x"}}
    with pytest.raises(InvalidStack) as caught:
        parse(values, set(), source="stacks/Pulumi.some.yaml")
    [remedy] = [problem.remedy for problem in caught.value.problems if problem.path == path]
    assert remedy is not None
    assert remedy.endswith(f"pulumi config set --secret rocketchat:{secret} --stack some")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("Rocketchat:push", "rocketchat:push"),
        ("rocket-chat:license", "rocketchat:license"),
        ("cloudfare:apiToken", "cloudflare:apiToken"),
        ("mongodb-atlas:publicKey", "mongodbatlas:publicKey"),
        ("digital-ocean:token", "digitalocean:token"),
    ],
)
@pytest.mark.parametrize("secret", [False, True])
def test_a_misspelt_namespace_is_refused(key: str, meant: str, secret: bool) -> None:
    found = problems((lambda _: None) if secret else put_key(key), SECURE | ({key} if secret else set()))
    assert [(one.path, one.nearest) for one in found] == [(key, meant)]


def put_key(key: str) -> Callable[[Values], object]:
    return lambda values: values.update({key: "x"})


@pytest.mark.parametrize("key", ["gcp:credentials", "aws-native:region", "random:seed", "company:team"])
def test_a_key_that_nothing_reads_is_warned_of(key: str) -> None:
    spec = accepted(lambda _: None, SECURE | {key})
    assert any(f"does not read {key}" in warning for one in spec.checks for warning in one.warnings)
    assert not any(
        "does not read" in warning
        for one in accepted(lambda _: None, SECURE | {"pulumi:tags", "cloudflare:apiToken"}).checks
        for warning in one.warnings
    )


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("rocketchat:mail.host", "x", "kind smtp"),
        ("rocketchat:runtime.size", "x", "kind droplet and lightsail"),
        ("rocketchat:media.nosuch", "x", "unknown key"),
    ],
)
def test_a_key_of_another_kind_is_told_as_one(path: str, value: str, told: str) -> None:
    [found] = problems(put(path, value))
    assert (found.path, told in found.message) == (path, True)


@pytest.mark.parametrize(
    ("path", "value", "meant"),
    [
        ("rocketchat:chat.profile", "prod", "production"),
        ("aws:region", "eu-central", "eu-central-1"),
        ("rocketchat:runtime.kind", "kube", "kubernetes"),
        ("rocketchat:settings.OVERWRITE_SETTING_Log_Level", "1", "Log_Level"),
        ("rocketchat:settings.DeepL_API_Key", "x", "AutoTranslate_DeepLAPIKey"),
        ("rocketchat:settings.log_levl", "1", "Log_Level"),
        ("rocketchat:settings.Acounts_x", "1", None),
        ("rocketchat:settings.ROOT_URL", "https://chat.example.com", None),
    ],
)
def test_a_guess_is_told_where_it_is_a_good_one(path: str, value: str, meant: str | None) -> None:
    found = [problem for problem in problems(put(path, value)) if problem.path == path]
    assert [problem.nearest for problem in found] == [meant]


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("rocketchat:monitoring.alarmEmails", ["a@example.com", "b@example.com", "a@example.com"], "[2]"),
        ("rocketchat:runtime.egressPorts", [8080, 8080], "[1]"),
        ("rocketchat:bot", {"rooms": ["general", "general"]}, ".rooms[1]"),
    ],
)
def test_what_stands_twice_in_a_list_is_refused_by_its_place(path: str, value: object, told: str) -> None:
    assert path + told in [problem.path for problem in problems(put(path, value))]


def test_a_setting_that_is_too_long_is_told_once() -> None:
    found = problems(put("rocketchat:settings.Layout_Home_Body", "x" * 140_000))
    assert [problem.path for problem in found] == ["rocketchat:settings.Layout_Home_Body"]


@pytest.mark.parametrize("given", ["/etc/passwd", "stacks/Pulumi.locl.yaml", "", ".", "http://chat", "a/b"])
def test_what_is_no_stack_is_told_as_it_was_given(given: str) -> None:
    with pytest.raises(InvalidStack) as caught:
        files.find(given)
    [problem] = caught.value.problems
    assert problem.path == (given or "STACK")
    assert "Pulumi.<name>.yaml" in problem.message
    assert problem.nearest == ("local" if "locl" in given else None)


def test_a_folder_that_is_called_like_a_stack_file_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    (tmp_path / "Pulumi.one.yaml").mkdir()
    with pytest.raises(InvalidStack) as caught:
        files.find("one")
    [problem] = caught.value.problems
    assert (problem.nearest, problem.allowed, problem.remedy) == (None, None, files.NO_STACKS)


def test_a_trial_that_could_not_be_destroyed_is_refused() -> None:
    values = values_of("local") | {"aws:region": "eu-central-1"}
    values["rocketchat:backup"] = {"dumps": True, "objectLock": {"days": 3, "mode": "compliance"}}
    with pytest.raises(InvalidStack) as refused:
        parse(values, set(), source="a test")
    assert [one.path for one in refused.value.problems] == ["rocketchat:backup.objectLock.mode"]


@pytest.mark.parametrize("key", ["profile", "release", "users"])
def test_what_follows_from_a_key_of_the_chat_is_not_known_where_that_is_wrong(key: str) -> None:
    found = problems(put(f"rocketchat:chat.{key}", [False, False]))
    assert {one.path for one in found} == {f"rocketchat:chat.{key}", f"rocketchat:chat.{key}[1]"}


def test_a_rule_tells_what_it_found_before_it_reads_what_nobody_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = Problem("key", "it is wrong")

    def judged(one: SimpleNamespace) -> Iterator[Problem]:
        yield told
        yield Problem("key", one.not_known)

    monkeypatch.setattr(judging, "_RULES", [("a rule", judged)])
    assert judging.judge({"one": SimpleNamespace()}, partly=True)[0] == [told]
    with pytest.raises(AttributeError):
        judging.judge({"one": SimpleNamespace()})


def test_what_stands_in_for_a_mistake_is_a_copy_of_the_example() -> None:
    example = {"ingress": {"issuer": "letsencrypt"}}
    schema = {"properties": {"ingress": {"type": "object"}}, "required": ["ingress"]}
    found, _ = supposed.part("key", {}, [Problem("key.ingress", "it is missing")], schema, example, 0)
    assert found == example
    found["ingress"].clear()
    assert example == {"ingress": {"issuer": "letsencrypt"}}


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("examples/stacks/Pulumi.no-zone.yaml", ("runtime", "balancer", "certificate")),
        ("services-helm", ("runtime", "ingress")),
        ("services-helm", ("runtime", "ingress", "issuer")),
    ],
)
@pytest.mark.parametrize("wrong", [[None], 7, {"kind": "no such"}])
def test_a_key_that_is_wrong_is_not_told_as_one_that_is_missing(
    path: str, steps: tuple[str, ...], wrong: object
) -> None:
    file = files.read(path)
    values = deepcopy(dict(file.values))
    part, *outer, last = steps
    inside = values[f"rocketchat:{part}"]
    for step in outer:
        inside = inside[step]
    inside[last] = deepcopy(wrong)
    written = f"rocketchat:{'.'.join(steps)}"
    with pytest.raises(InvalidStack) as caught:
        parse(values, {*file.secure, "rocketchat:mongodbUri"}, source="a test")
    assert [one.path for one in caught.value.problems if not one.path.startswith(written)] == []


def test_nobody_is_told_to_be_missing_where_one_address_is_wrong() -> None:
    found = problems(put("rocketchat:monitoring", {"uptime": True, "alarmEmails": ["ops"]}))
    assert [one.path for one in found] == ["rocketchat:monitoring.alarmEmails[0]"]
