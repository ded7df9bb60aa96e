export async function startTestServer(): Promise<void> {}
