{#
    Who opened or closed, from the price's return and the change of open interest over
    one span: 2 new longs (price up, interest up), 1 shorts covering (up, down), -1
    longs closing (down, down), -2 new shorts (down, up), 0 where either stood still.
    The sign is the price's; the size tells whether positions were opened or closed.
#}
{% macro open_interest_quadrant(price_return, interest_change) -%}
    case
        when ({{ price_return }}) * ({{ interest_change }}) = 0 then 0.0e0
        when {{ price_return }} > 0 and {{ interest_change }} > 0 then 2.0e0
        when {{ price_return }} > 0 and {{ interest_change }} < 0 then 1.0e0
        when {{ price_return }} < 0 and {{ interest_change }} < 0 then -1.0e0
        when {{ price_return }} < 0 and {{ interest_change }} > 0 then -2.0e0
    end
{%- endmacro %}


{# The name of a quadrant's code, for people; null where it is 0 or unknown. #}
{% macro quadrant_name(quadrant) -%}
    case {{ quadrant }}
        when 2 then 'new_longs'
        when 1 then 'short_covering'
        when -1 then 'long_closing'
        when -2 then 'new_shorts'
    end
{%- endmacro %}


{# Rules of the regimes, each with its column in the model `regimes`. #}
{% macro regime_rules() -%}
    {{- return({
        'paper': 'regime',
        'hysteresis': 'regime_hysteresis',
        'volatility': 'volatility_regime',
        'funding': 'funding_regime',
        'positioning': 'positioning_regime',
    }) -}}
{%- endmacro %}
