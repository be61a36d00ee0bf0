// Chooses and fetches the widget's texts, one file a language beside the program, and loads its modules. It never
// reads a text.

// The pause before a file's second and last request, in milliseconds. A connection that broke is usually back by then,
// and a viewer still waits.
const AGAIN_MS = 1_000;

/** The tag of a language without region and script. */
const primary = (tag) => tag.toLowerCase().split(/[-_]/)[0];

/** The offered language that fits a tag such as `zh-Hans-CN`; English if none does. The pages have the same rule. */
export function fitting(tag, offered) {
  const isSame = (offer) => offer.toLowerCase() === tag.toLowerCase();
  return offered.find(isSame) ?? offered.find((offer) => primary(offer) === primary(tag)) ?? 'en';
}

/** Requests one of the widget's files, and once more if that fails. */
export async function fetched(url) {
  const request = async () => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return answer;
  };
  return request().catch(async () => {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    return request();
  });
}

/** The texts of a language. `files` names the file of each tag, below `base`. */
export const textsIn = async (lang, files, base) =>
  (await fetched(new URL(files[fitting(lang, Object.keys(files))], base).href)).text();

/**
 * Loads the module for what the widget asks, and calls it with that and what `page` returns. A widget that hands over
 * its socket asks for receipts, and one that asks with nothing for the form of a report.
 */
export const checking = async ({ check, receipts, report }, base, asked, page) => {
  try {
    const address = asked ? (asked.socket ? receipts : check) : report;
    await (await import(new URL(address, base).href)).check({ ...asked, ...page() });
  } catch (error) {
    console.error(`live-jury: a module did not load: ${error?.message ?? error}`);
  }
};
