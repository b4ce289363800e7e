/** The promise's value, or `otherwise` after so many milliseconds; the work itself goes on. Rejects as the promise does. */
export const within = async <T, U>(ms: number, work: Promise<T>, otherwise: U): Promise<T | U> => {
  let stop = (): void => undefined;
  const tooLate = new Promise<U>((done) => {
    const timer = setTimeout(() => done(otherwise), ms);
    stop = () => clearTimeout(timer);
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    stop();
  }
};
