/** Where the broker of this test run listens, password included; the global setup started or found it. */
export function testBrokerUrl(): string {
  const url = process.env['TEST_RABBITMQ_URL'];
  if (url === undefined) throw new Error('the global setup did not run');
  return url;
}
