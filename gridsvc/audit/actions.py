"""What can be in the audit trail."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """Kind of deed."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    TOKEN_ISSUED = "token_issued"  # noqa: S105 - the action's name
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the action's name
    SECOND_FACTOR_SET = "second_factor_set"
    ACCOUNT_OPENED = "account_opened"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_RESET = "account_reset"
    KEY_ISSUED = "key_issued"
    KEY_REVOKED = "key_revoked"
    CHANNEL_ADDED = "channel_added"
    CHANNEL_REMOVED = "channel_removed"
    UNMASKED = "unmasked"
    WHEREABOUTS_READ = "whereabouts_read"
    TRACK_READ = "track_read"
    DEVICE_REGISTERED = "device_registered"
    DEVICE_REVOKED = "device_revoked"
    POSTED = "posted"
    SHIFT_PLANNED = "shift_planned"
    SHIFT_CANCELLED = "shift_cancelled"
    EXPORTED = "exported"
    ERASED = "erased"
    RETENTION_APPLIED = "retention_applied"
    KEYS_ROTATED = "keys_rotated"
    EVENT_REPORTED = "event_reported"
    EVENT_MOVED = "event_moved"
    STEP_ENDED = "step_ended"
    SUSPENSION_ASKED = "suspension_asked"
    SUSPENSION_DECIDED = "suspension_decided"
    EVENT_PUBLISHED = "event_published"
    EVENT_WITHDRAWN = "event_withdrawn"
    DUPLICATE_LINKED = "duplicate_linked"
    DUPLICATE_UNLINKED = "duplicate_unlinked"
    WHISTLE_CALLED = "whistle_called"
    WHISTLE_MOVED = "whistle_moved"
    PHOTO_ADDED = "photo_added"
    DUTY_CHANGED = "duty_changed"
    MAP_DRAWN = "map_drawn"
    LOADED = "loaded"
    ROADS_CHANGED = "roads_changed"
    PLAN_PUBLISHED = "plan_published"
    AUDIT_READ = "audit_read"
    AUDIT_PRUNED = "audit_pruned"
