/** A door that opens once: `await gate.opened`, `gate.open()`. */
export const createGate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};
