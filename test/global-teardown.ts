import { meetingPlace } from './global-setup.ts';

export default async function stopAfterTests(): Promise<void> {
  await meetingPlace.ccTestServers?.stop();
}
