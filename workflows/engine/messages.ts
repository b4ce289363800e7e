import { condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { Message, RunState } from './state.ts';

const answerUpdate = defineUpdate<unknown>('answer');
const messageUpdate = defineUpdate<'consumed', [Message]>('message');

/** Registers the Temporal Updates. Before the first await: an update without a handler is refused, not kept. */
export const listen = (state: RunState): void => {
  setHandler(
    answerUpdate,
    async () => {
      await condition(() => state.answer !== undefined);
      return state.answer;
    },
    { description: 'Waits for what the caller who started the flow is to do next' },
  );
  setHandler(
    messageUpdate,
    (message) => {
      if (!state.seen.has(message.id)) state.messages.push({ id: message.id, name: message.name });
      state.seen.add(message.id);
      return 'consumed';
    },
    { description: 'Tells the flow that there is news; the flow looks for itself' },
  );
};

/** Takes the messages of these names out of the waiting ones. */
export const takeMessages = (state: RunState, names: readonly string[]): readonly Message[] => {
  const taken = state.messages.filter(({ name }) => names.includes(name));
  const left = state.messages.filter(({ name }) => !names.includes(name));
  state.messages.splice(0, state.messages.length, ...left);
  return taken;
};
