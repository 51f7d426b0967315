-- Natural log of the price ratio; a price that is unknown or not positive gives null.
create macro {schema}.log_return(price_from, price_to) as
    case
        when price_from > 0 and price_to > 0 then ln(price_to / price_from)
    end
