-- Warm rows with a known label. Labels overlap: the weight is the label's average
-- uniqueness (Lopez de Prado 2018, chapter 4), the mean over its bars of one over the
-- number of warm rows whose label spans that bar, known or not, so that no weight moves
-- when later labels become known.
with features as (

    select
        coin,
        bar_closed_at,
        is_warm,
        {%- for feature in feature_names() %}
        {{ feature }},
        {%- endfor %}
        decided_at,
    from {{ ref('features') }}

),

labels as (

    select
        coin,
        bar_closed_at,
        label_return,
        label_up,
        known_at,
    from {{ ref('labels') }}
    where label_up is not null

),

quality_bars as (

    select
        coin,
        bar_closed_at,
        verdict,
    from {{ ref('quality_bars') }}

),

labels_counted as (

    select
        coin,
        sum(case when is_warm then 1 else 0 end) over (
            partition by coin
            order by bar_closed_at
            rows between {{ var('label_horizon_bars') }} preceding and 1 preceding
        ) as count_labels,
        bar_closed_at,
    from features

),

weights_averaged as (

    select
        coin,
        avg({{ safe_divide('1.0e0', 'count_labels') }}) over (
            partition by coin
            order by bar_closed_at
            rows between 1 following and {{ var('label_horizon_bars') }} following
        ) as sample_weight,
        bar_closed_at,
    from labels_counted

)

select
    features.coin,
    features.bar_closed_at,

    quality_bars.verdict as quality_verdict,

    {% for feature in feature_names() -%}
    features.{{ feature }},
    {% endfor -%}
    labels.label_return,
    weights_averaged.sample_weight,

    labels.label_up,

    features.decided_at,
    labels.known_at,
from features
inner join labels
    on
        features.coin = labels.coin
        and features.bar_closed_at = labels.bar_closed_at
inner join weights_averaged
    on
        features.coin = weights_averaged.coin
        and features.bar_closed_at = weights_averaged.bar_closed_at
left join quality_bars
    on
        features.coin = quality_bars.coin
        and features.bar_closed_at = quality_bars.bar_closed_at
where features.is_warm
