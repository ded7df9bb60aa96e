/** Whether the process of this container can work: `healthy.ts [PORT] [PATH]`. */
const [port = '3000', path = '/health/ready'] = process.argv.slice(2);
const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);
