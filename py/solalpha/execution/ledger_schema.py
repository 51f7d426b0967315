"""The tables of the order ledger; money and sizes are decimal text, times are us."""

SCHEMA_VERSION = 1
SCHEMA = """
create table events (
    seq integer primary key autoincrement, at_us integer not null, kind text not null,
    subject text not null, detail text not null, digest text not null
);
create trigger events_no_update before update on events
begin select raise(abort, 'events are append-only'); end;
create trigger events_no_delete before delete on events
begin select raise(abort, 'events are append-only'); end;
create table decisions (
    decision_id text primary key, venue text not null, account text not null,
    coin text not null, bar_closed_at integer not null, decided_at integer not null,
    policy text not null, model_id text, probability_up real, regime integer,
    sentiment real, quality_verdict text, price real, atr real,
    position_before_base text not null, target_base text not null,
    stop_distance_usd text, gates text not null, risk_state text not null,
    parameters_fingerprint text not null, build_id text, state text not null,
    unique (venue, account, coin, bar_closed_at)
);
create table orders (
    order_id text primary key, decision_id text, command_id text, venue text not null,
    account text not null, coin text not null, bar_closed_at integer not null,
    leg text not null, attempt integer not null, side text not null,
    size_base text not null, limit_price text not null, trigger_price text,
    is_reduce_only integer not null, kind text not null, state text not null,
    venue_order_id integer, reject_reason text, mid_at_decision text,
    nonce integer, expires_ms integer, intended_at integer not null, sent_at integer,
    updated_at integer not null
);
create unique index orders_by_identity on orders (
    venue, account, coin, coalesce(command_id, ''), bar_closed_at, leg, attempt
);
create index orders_by_state on orders (venue, account, state);
create table fills (
    fill_id text primary key, order_id text, venue text not null,
    account text not null, coin text not null, side text not null,
    size_base text not null, price text not null, fee_usd text not null,
    mid_at_decision text, is_taker integer not null, is_liquidation integer not null,
    venue_order_id integer not null, filled_at integer not null
);
create index fills_by_account on fills (venue, account, coin, filled_at);
create table funding (
    venue text not null, account text not null, coin text not null,
    paid_at integer not null, usd text not null,
    primary key (venue, account, coin, paid_at)
);
create table adjustments (
    event_id text primary key, venue text not null, account text not null,
    coin text not null, size_base text not null, reason text not null,
    made_at integer not null
);
create table equity (
    venue text not null, account text not null, marked_at integer not null,
    equity_usd text not null, cash_usd text not null, position_base text not null,
    mark_price text, unrealised_usd text not null, funding_paid_usd text not null,
    peak_equity_usd real not null, risk_state text not null,
    primary key (venue, account, marked_at)
);
create table positions (
    venue text not null, account text not null, coin text not null,
    marked_at integer not null, position_base text not null, entry_price text,
    mark_price text, unrealised_usd text not null, liquidation_price text,
    primary key (venue, account, coin, marked_at)
);
create table risk (
    venue text not null, account text not null, status text not null,
    code text not null, peak_usd real not null, day integer not null,
    day_start_usd real not null, primary key (venue, account)
);
create table risk_events (
    event_id text primary key, venue text not null, account text not null,
    happened_at integer not null, state_from text not null, state_to text not null,
    code text not null, detail text not null
);
create table counters (name text primary key, value integer not null);
"""
DECIMAL_COLUMNS = frozenset(
    {
        "position_before_base",
        "target_base",
        "stop_distance_usd",
        "size_base",
        "limit_price",
        "trigger_price",
        "mid_at_decision",
        "price",
        "fee_usd",
        "usd",
        "equity_usd",
        "cash_usd",
        "position_base",
        "mark_price",
        "unrealised_usd",
        "funding_paid_usd",
        "entry_price",
        "liquidation_price",
    }
)
MOMENT_COLUMNS = frozenset(
    {
        "bar_closed_at",
        "decided_at",
        "intended_at",
        "sent_at",
        "updated_at",
        "filled_at",
        "paid_at",
        "made_at",
        "marked_at",
        "happened_at",
    }
)
FLAG_COLUMNS = frozenset({"is_reduce_only", "is_taker", "is_liquidation"})
