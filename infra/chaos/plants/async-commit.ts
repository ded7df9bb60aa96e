/** Postgres acknowledges what its disk does not have yet: killed, it loses that. */
process.env.PGOPTIONS = '-c synchronous_commit=off';
