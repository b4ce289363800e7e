import { type Call, joinUrl, z } from 'commerce-coordinator/sdk';
import type { Settings } from './settings.ts';
import { withToken } from './token.ts';

/** How a learner stands in a course run. */
export interface Standing {
  readonly mode: string;
  readonly active: boolean;
}

/** What an Action says about one learner and one course run. */
interface Place {
  readonly username: string;
  readonly courseRun: string;
}

const Enrollment = z
  .object({ mode: z.string(), is_active: z.boolean() })
  .transform(({ mode, is_active }): Standing => ({ mode, active: is_active }));

/** The learner's enrollment; undefined where there never was one: then the LMS answers 200 without a body. */
export const standingOf = async (
  { username, courseRun }: Place,
  call: Call<Settings>,
): Promise<Standing | undefined> => {
  const path = `api/enrollment/v1/enrollment/${encodeURIComponent(username)},${encodeURIComponent(courseRun)}`;
  const found = await withToken(call, (authorization) =>
    call.http.json(Enrollment.nullish(), {
      method: 'GET',
      url: joinUrl(call.settings.url, path),
      headers: { authorization },
    }),
  );
  return found ?? undefined;
};

/** Writes the enrollment as it shall be, and answers how it is then. `attributes` say whose it is. */
export const enroll = (
  { username, courseRun }: Place,
  { mode, active, attributes = {} }: Standing & { readonly attributes?: Readonly<Record<string, string>> },
  call: Call<Settings>,
): Promise<Standing> =>
  withToken(call, (authorization) =>
    call.http.json(Enrollment, {
      method: 'POST',
      url: joinUrl(call.settings.url, 'api/enrollment/v1/enrollment'),
      headers: { authorization },
      body: {
        user: username,
        mode,
        is_active: active,
        course_details: { course_id: courseRun },
        enrollment_attributes: Object.entries(attributes).map(([name, value]) => ({
          namespace: 'order',
          name,
          value,
        })),
      },
    }),
  );

/** True for the same mode and the same activity, or for no enrollment on both sides. */
export const isSame = (one: Standing | undefined, other: Standing | undefined): boolean =>
  one?.mode === other?.mode && one?.active === other?.active;
