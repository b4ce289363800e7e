import { Refusal } from '../kit/answer.ts';
import {
  courses as worldCourses,
  firstGeneratedLearner,
  generatedLearner,
  learners as worldLearners,
  type Course,
  type Learner,
} from '../world.ts';

export type Forbidden = { readonly user?: string | undefined; readonly course?: string | undefined };

/** Who is there and what is taught, and who may not. */
export const createCampus = () => {
  const learners = new Map<number, Learner>();
  const courses = new Map<string, Course>();
  let forbidden: Forbidden[] = [];
  const begin = () => {
    [learners, courses].forEach((map) => map.clear());
    worldLearners.forEach((learner) => learners.set(learner.id, learner));
    worldCourses.forEach((course) => courses.set(course.key, course));
    forbidden = [];
  };
  begin();
  const course = (key: string | undefined): Course => {
    const found = courses.get(key ?? '');
    if (found) return found;
    throw new Refusal({ status: 400, body: { message: `No course '${key}' found for enrollment` } });
  };
  return {
    begin,
    course,
    learnerById: (id: number): Learner | undefined => learners.get(id) ?? generated(id),
    learnerByName: (name: string): Learner | undefined =>
      [...learners.values()].find(({ username }) => username === name) ??
      generated(Number(/^learner-(\d+)$/.exec(name)?.[1])),
    addLearner: (learner: Learner): void => void learners.set(learner.id, learner),
    addCourse: (added: Course): void => void courses.set(added.key, added),
    /** No new enrollment from now on; enrolled learners stay. */
    closeCourse: (key: string): void =>
      void courses.set(key, { ...course(key), enrollmentEnd: new Date(Date.now() - 1000).toISOString() }),
    /** 403 for this user, this course, or both together, until reset. */
    forbid: (who: Forbidden): void => void forbidden.push(who),
    isForbidden: (user: string, key: string): boolean =>
      forbidden.some((who) => (who.user ?? user) === user && (who.course ?? key) === key),
  };
};
export type Campus = ReturnType<typeof createCampus>;

const generated = (id: number) => (id >= firstGeneratedLearner ? generatedLearner(id) : undefined);
