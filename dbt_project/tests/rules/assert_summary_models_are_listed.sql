-- A summary may change at every build, so the replay of the past does not compare it.
-- Each stands here by name, so that no table escapes the replay by being called one.
{%- set listed = [
    'coverage', 'feature_catalogue', 'feature_clusters', 'feature_contributions',
    'feature_correlations', 'feature_gaps', 'funding_by_regime',
    'funding_coverage', 'funding_formula_eras', 'regime_persistence',
    'barred_features', 'order_flow_agreement', 'order_flow_columns', 'schema_drift',
    'decisions', 'equity', 'fills', 'orders', 'positions', 'predictions', 'risk_events',
    'signals',
    'backtest_equity', 'backtest_runs', 'backtest_trades', 'promotions', 'trials',
    'data_completeness', 'data_quality', 'feature_drift', 'freshness', 'model_performance',
] %}
{%- set found = [] %}
{%- for node in public_models() %}
    {%- if node.config.meta.causality == 'summary' and node.name not in listed %}
        {%- do found.append(node.name ~ ': a summary that the rule does not list') %}
    {%- endif %}
{%- endfor %}
{{ violation_rows(found) }}
