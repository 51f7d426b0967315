-- Riskless rate zero, sample deviation; the same as backtest_runs.sharpe on daily
-- returns. Crypto trades every day: a year has 365 of them.
create macro {schema}.sharpe(returns, periods_per_year := 365) as
    list_avg(returns) / nullif(list_stddev_samp(returns), 0) * sqrt(periods_per_year)
