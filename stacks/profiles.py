"""What a key that is left out means, by profile. Defaults that do not depend on the profile stand beside the keys."""

from dataclasses import dataclass

from components.database.backup import AtlasBackupArgs
from stacks.parts import Backup, Profile


@dataclass(frozen=True)
class Defaults:
    """Defaults of one profile."""

    protect: bool
    """What holds data is protected against deletion, and kept when it leaves the program."""
    environment: str
    """What DigitalOcean's projects call it."""
    replicas: int
    """How many run of a microservice, and of the broker, without which users are kept out while it is replaced."""
    waf: bool
    private_link: bool
    on_demand_base: int
    """Containers that never run on spot capacity."""
    log_days: int
    secret_recovery_days: int
    """Days in which a deleted secret can be restored; 0 deletes at once."""
    restore_window_days: int
    daily_days: int
    weekly_weeks: int
    monthly_months: int


DEFAULTS = {
    Profile.TRIAL: Defaults(
        protect=False,
        environment="Development",
        replicas=1,
        waf=False,
        private_link=False,
        on_demand_base=0,
        log_days=30,
        secret_recovery_days=0,
        restore_window_days=1,
        daily_days=7,
        weekly_weeks=1,
        monthly_months=1,
    ),
    Profile.PRODUCTION: Defaults(
        protect=True,
        environment="Production",
        replicas=2,
        waf=True,
        private_link=True,
        on_demand_base=1,
        log_days=365,
        secret_recovery_days=30,
        restore_window_days=7,
        daily_days=14,
        weekly_weeks=8,
        monthly_months=12,
    ),
}


def snapshots(backup: Backup, defaults: Defaults) -> AtlasBackupArgs:
    """Return when the database's snapshots are taken and how long they are kept."""
    return {
        "restore_window_days": backup.restore_window_days or defaults.restore_window_days,
        "daily_days": backup.daily_days or defaults.daily_days,
        "weekly_days": 7 * (backup.weekly_weeks or defaults.weekly_weeks),
        # Atlas's least for a month.
        "monthly_days": 31 * (backup.monthly_months or defaults.monthly_months),
    }
