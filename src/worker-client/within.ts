/** What a promise resolves with; rejects where that takes longer. What it stands for goes on. */
export async function within<T>(seconds: number, promise: Promise<T>, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${late} within ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, over]).finally(() => clearTimeout(timer));
}
