// Loaded into every process that the launcher starts: when the launcher dies, by whatever means,
// the channel to it closes, and nothing is left behind that would hold ports and the database.
process.channel?.unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
