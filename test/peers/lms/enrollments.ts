import { z } from 'zod';
import { ok, type Answer } from '../kit/answer.ts';
import type { Ledger } from '../kit/ledger.ts';
import type { Course } from '../world.ts';
import { courseDetails, modeIsOpen } from './courses.ts';

export const EnrollmentBody = z.object({
  user: z.string().optional(),
  mode: z.string().optional(),
  is_active: z.boolean().optional(),
  course_details: z.object({ course_id: z.string().optional() }).optional(),
  email_opt_in: z.boolean().optional(),
  enrollment_attributes: z
    .array(z.object({ namespace: z.string(), name: z.string(), value: z.string() }))
    .default([]),
});
export type Attribute = z.output<typeof EnrollmentBody>['enrollment_attributes'][number];

export type Enrollment = {
  readonly user: string;
  readonly course: string;
  readonly created: string;
  readonly mode: string;
  readonly active: boolean;
  /** Kept, and shown to nobody over the Service's API. */
  readonly attributes: readonly Attribute[];
};
type Before = { readonly mode: string; readonly active: boolean } | null;
type About = {
  readonly user: string;
  readonly course: string;
  readonly mode: string;
  readonly order: string | null;
  readonly line: string | null;
  readonly before: Before;
};
/** One entry per real change: `enrolled` also for an upgrade, a change of mode and a reactivation. */
export type LmsFact = { readonly kind: 'enrolled' | 'unenrolled' } & About;

type Wanted = {
  readonly user: string;
  readonly course: Course;
  readonly mode: string;
  readonly active: boolean | undefined;
  readonly attributes: readonly Attribute[];
};

export type Enrollments = {
  readonly find: (user: string, course: string) => Enrollment | undefined;
  readonly all: () => readonly Enrollment[];
  readonly post: (wanted: Wanted) => Answer;
  readonly clear: () => void;
};

const refusal = (message: string, more: object = {}): Answer => ({
  status: 400,
  body: { message, ...more },
});

/** The enrollment API's rules for a server's call, oddities included. */
export const createEnrollments = (ledger: Ledger<LmsFact>): Enrollments => {
  const kept = new Map<string, Enrollment>();
  const id = (user: string, course: string) => `${user},${course}`;

  const store = (
    { user, course, mode, attributes }: Wanted,
    active: boolean,
    old: Enrollment | undefined,
  ): Answer => {
    const created = old?.created ?? new Date().toISOString();
    const enrollment: Enrollment = { user, course: course.key, created, mode, active, attributes };
    kept.set(id(user, course.key), enrollment);
    // An enrollment that is made inactive at once gives nobody anything.
    if (active || old?.active)
      ledger.add({
        kind: active ? 'enrolled' : 'unenrolled',
        user,
        course: course.key,
        mode,
        order: valueOf(attributes, 'order_number'),
        line: valueOf(attributes, 'line_item_id'),
        before: old ? { mode: old.mode, active: old.active } : null,
      });
    return ok(enrollmentView(enrollment, course));
  };

  return {
    find: (user, course) => kept.get(id(user, course)),
    all: () => [...kept.values()],
    clear: () => kept.clear(),
    post: (wanted) => {
      const { user, course, mode, active = true } = wanted;
      const old = kept.get(id(user, course.key));
      const isKnown = course.seats.some((seat) => seat.mode === mode);
      // A server may move an existing enrollment to an expired mode; a new one may not start there.
      if (!isKnown || (!old && !modeIsOpen(course)))
        return refusal(
          `The [${mode}] course mode is expired or otherwise unavailable for course run [${course.key}].`,
          { course_details: courseDetails(course) },
        );
      if (old && !active && old.active && mode !== old.mode)
        return refusal(
          `Enrollment mode mismatch: active mode=${old.mode}, requested mode=${mode}. Won't deactivate.`,
        );
      // Success, and nothing stored: not even the attributes of another order.
      if (old?.mode === mode && old.active === active) return ok(enrollmentView(old, course));
      return store(wanted, active, old);
    },
  };
};

/** The enrollment as the API shows it: without its attributes. */
export const enrollmentView = ({ created, mode, active, user }: Enrollment, course: Course) => ({
  created,
  mode,
  is_active: active,
  user,
  course_details: courseDetails(course),
});

const valueOf = (attributes: readonly Attribute[], name: string): string | null =>
  attributes.find((attribute) => attribute.namespace === 'order' && attribute.name === name)?.value ?? null;
