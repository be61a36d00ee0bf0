// Finds what is cut off in a page, by geometry. It compares no pictures.

/** Descriptions of parts beyond the page's edge and of texts beyond their box. Runs in the page. */
export function cutOff() {
  // Hidden, scrolled on purpose, or bars within their tracks.
  const APART = ['.spoken, .lj-spoken, .lj-hidden, option, details:not([open]) > :not(summary)', 'svg *, .tabs, .lj-evidence-list, .lj-pager, .chat',
    '.lj-bar-track *, .lj-turnout-track *, .lj-countdown-track *'].join();
  const { scrollWidth, clientWidth } = document.documentElement;
  const found = scrollWidth > clientWidth ? [`${scrollWidth} px of content in ${clientWidth} px`] : [];
  const isWritten = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const clips = (overflow) => ['hidden', 'clip'].includes(overflow);
  const scrolls = (overflow) => ['auto', 'scroll'].includes(overflow);
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || style.visibility !== 'visible' || element.closest(APART)) continue;
    const name = `${element.tagName.toLowerCase()}.${[...element.classList].join('.')} “${element.textContent.trim().slice(0, 30)}”`;
    if (box.left < -1 || box.right > clientWidth + 1) found.push(`${name} from ${box.left} to ${box.right} of ${clientWidth}`);
    if (!isWritten(element) || style.display === 'inline') continue;
    // Firefox counts hidden text, too.
    if (element.scrollWidth > element.clientWidth + 1 && !element.querySelector('.spoken, .lj-spoken, .lj-hidden')) found.push(`${name}: ${element.scrollWidth} px of text in ${element.clientWidth}`);
    for (let around = element; around && around !== document.body; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      // The reader scrolls to the rest.
      if (scrolls(overflowX) || scrolls(overflowY)) break;
      const edge = around.getBoundingClientRect();
      const isCut = (clips(overflowX) && (box.left < edge.left - 1 || box.right > edge.right + 1))
        || (clips(overflowY) && (box.top < edge.top - 1 || box.bottom > edge.bottom + 1));
      if (isCut) found.push(`${name} is cut off by ${around.tagName.toLowerCase()}.${[...around.classList].join('.')}`);
    }
  }
  return found;
}
