import type { Course } from '../world.ts';

/** A course run as the enrollment API shows it. Prices are whole major units there: the LMS is no price list. */
export const courseDetails = (course: Course) => ({
  course_id: course.key,
  course_name: course.title,
  enrollment_start: '2020-01-01T00:00:00Z',
  enrollment_end: course.enrollmentEnd,
  course_start: '2020-02-01T00:00:00Z',
  course_end: null,
  invite_only: false,
  course_modes: course.seats.map(({ mode, price, currency }) => ({
    slug: mode,
    name: mode[0]?.toUpperCase() + mode.slice(1),
    min_price: Math.trunc(Number(price)),
    suggested_prices: '',
    currency: currency.toLowerCase(),
    expiration_datetime: null,
    description: null,
    sku: `SKU-${course.key}-${mode}`,
    bulk_sku: null,
  })),
});

export const modeIsOpen = ({ enrollmentEnd }: Course): boolean =>
  !enrollmentEnd || Date.parse(enrollmentEnd) > Date.now();
