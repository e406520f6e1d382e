import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web page of another origin than the service. */
export interface PlotPage {
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves a page that logs in at the service named by `?base=`, lists simulations, plots one page of results, and shows log files. */
export async function servePlotPage(): Promise<PlotPage> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(HTML);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const HTML = `<!doctype html>
<title>Depth dose</title>
<form>
  <input name="username" aria-label="User name">
  <input name="password" type="password" aria-label="Password">
  <button>Log in</button>
</form>
<p role="status"></p>
<ul></ul>
<svg width="640" height="320" viewBox="0 0 640 320" role="img"></svg>
<script type="module">
  const base = new URL(location).searchParams.get('base');
  const say = (text) => { document.querySelector('[role=status]').textContent = text; };

  async function ask(path, init = {}) {
    const response = await fetch(base + '/' + path, { credentials: 'include', ...init });
    const answer = await response.json();
    if (response.status > 300) throw new Error(answer.message);
    return answer;
  }

  document.querySelector('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const credentials = Object.fromEntries(new FormData(event.target));
      await ask('auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(credentials) });
      const { simulations } = await ask('user/simulations?page_idx=1&page_size=10&order_type=descend&order_by=start_time&job_state=');
      document.querySelector('ul').replaceChildren(...simulations.map(entry));
      say('Logged in');
    } catch (error) {
      say(String(error.message));
    }
  });

  function entry({ job_id, title, metadata }) {
    const item = document.createElement('li');
    item.append(title + ' ', button('Plot', () => plot(job_id)), button('Logs', () => showLogs(job_id)));
    item.dataset.platform = metadata.platform;
    return item;
  }

  function button(text, work) {
    const element = document.createElement('button');
    element.textContent = text;
    element.addEventListener('click', work);
    return element;
  }

  async function plot(job) {
    const { estimators_metadata: [{ name, pages_metadata: [{ page_number }] }] } = await ask('estimators?job_id=' + job);
    const query = new URLSearchParams({ job_id: job, estimator_name: name, page_numbers: String(page_number) });
    const { pages: [{ data, axis_dim1: axis }] } = await ask('results?' + query);
    const [least, most] = [Math.min(...axis.values), Math.max(...axis.values)];
    const top = Math.max(...data.values);
    const points = data.values.map((value, bin) => [
      20 + (600 * (axis.values[bin] - least)) / (most - least),
      300 - (280 * value) / top,
    ]);
    const svg = document.querySelector('svg');
    svg.innerHTML = '<polyline fill="none" stroke="navy"/><text x="250" y="318"></text><text x="20" y="14"></text>';
    svg.querySelector('polyline').setAttribute('points', points.map((point) => point.join()).join(' '));
    svg.querySelectorAll('text')[0].textContent = axis.name + ' [' + axis.unit + ']';
    svg.querySelectorAll('text')[1].textContent = data.name + ' [' + data.unit + ']';
  }

  // Neither name nor text is escaped.
  async function showLogs(job) {
    const opened = window.open('', 'logs');
    const { logfiles } = await ask('logfiles?job_id=' + job);
    opened.document.open();
    opened.document.write(Object.entries(logfiles).map(([name, text]) => '<h2>' + name + '</h2><pre>' + text + '</pre>').join(''));
    opened.document.close();
  }
</script>
`;
