import { startTestServer } from '../postgres/test-server.ts';

export default startTestServer;
