import { consoleLine } from '../../tasks/console-links.ts';

describe('the line that leads into the console', () => {
  const before = process.env.AWS_ENDPOINT_URL;
  afterEach(() => {
    if (before === undefined) delete process.env.AWS_ENDPOINT_URL;
    else process.env.AWS_ENDPOINT_URL = before;
  });

  it('is there on AWS, and not where functions are given an endpoint of their own', () => {
    delete process.env.AWS_ENDPOINT_URL;
    expect(consoleLine('https://console')).toEqual(['Console: https://console']);
    expect(consoleLine('https://console', 'Execution')).toEqual(['Execution: https://console']);
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:4566';
    expect(consoleLine('https://console')).toEqual([]);
  });
});
