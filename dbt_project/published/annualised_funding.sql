-- Simple, not compounded: the sum that a constant rate charges in 365 days.
create macro {schema}.annualised_funding(funding_rate, interval_hours := 1) as
    funding_rate * (365 * 24) / nullif(interval_hours, 0)
