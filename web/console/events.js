// Changes as they happen: server-sent events over a stamped request, which EventSource cannot make.
const MAX_EVENT = 64 * 1024;
const SILENCE = 40_000;
const LONGEST_PAUSE = 15_000;

/**
 * Watches until the signal ends it. `onChange(kind, data)` is also told 'connected', 'heartbeat' and 'missed': whatever changed, looking
 * again is right then. `onState` is told 'live' and 'waiting'.
 */
export const watch = async (api, signal, onChange, onState) => {
  for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener('abort', stop);
    try {
      const response = await api.events(attempt.signal);
      onState('live');
      onChange('connected', {});
      pause = 500;
      await read(response.body.getReader(), stop, onChange);
    } catch {
      // Told below; the next attempt says whether it was for good.
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (signal.aborted) return;
    onState('waiting');
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
};

const read = async (reader, stop, onChange) => {
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    // The service says every 15 seconds that it is still there.
    const watchdog = setTimeout(stop, SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(watchdog));
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop();
    if (text.length > MAX_EVENT) {
      await reader.cancel();
      return;
    }
    for (const block of blocks) tell(block, onChange);
  }
};

const tell = (block, onChange) => {
  if (block.startsWith(':')) {
    onChange('heartbeat', {});
    return;
  }
  const kind = /^event: (\w+)$/m.exec(block)?.[1];
  const data = /^data: (.*)$/m.exec(block)?.[1];
  if (kind && data) onChange(kind, JSON.parse(data));
};
