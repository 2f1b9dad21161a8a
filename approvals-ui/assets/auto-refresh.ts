/**
 * Refreshes a part of a page: asks for it every few seconds and replaces it when it has changed. Keeps what is open,
 * focused or selected. The page is complete without it.
 */
export const autoRefreshScript = `'use strict';
(() => {
  const INTERVAL_MS = 2000;
  const HIDDEN_INTERVAL_MS = 15000;
  let region = document.querySelector('[data-refresh]');
  if (!region) return;
  const address = region.dataset.refresh;
  const announcer = document.getElementById('announcer');
  let last = '';
  let timer;

  const isSelecting = () => {
    const selection = document.getSelection();
    return selection !== null && !selection.isCollapsed && region.contains(selection.anchorNode);
  };

  const replace = (html) => {
    const next = new DOMParser().parseFromString(html, 'text/html').querySelector('[data-refresh]');
    if (!next) return;
    for (const details of region.querySelectorAll('details[open][id]')) {
      const same = next.querySelector('#' + CSS.escape(details.id));
      if (same) same.open = true;
    }
    // Cut names and branches have no id: the same text at the same place stays open.
    const unnamed = (root) => [...root.querySelectorAll('details:not([id])')];
    const later = unnamed(next);
    for (const [index, details] of unnamed(region).entries())
      if (details.open && later[index] && later[index].textContent === details.textContent) later[index].open = true;
    const focusedId = region.contains(document.activeElement) ? document.activeElement.id : '';
    const focusedHref = region.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    const summary = next.dataset.refreshSummary;
    if (summary !== region.dataset.refreshSummary) announcer.textContent = summary;
    region.replaceWith(next);
    region = next;
    const focus = focusedId ? document.getElementById(focusedId)
      : focusedHref ? region.querySelector('a[href="' + CSS.escape(focusedHref) + '"]') : null;
    if (focus) focus.focus({ preventScroll: true });
    // Animations continue instead of starting again with every answer.
    for (const animation of document.getAnimations()) animation.startTime = 0;
  };

  const poll = async () => {
    try {
      const answer = await fetch(address, { credentials: 'same-origin', redirect: 'manual' });
      if (answer.ok) {
        const html = await answer.text();
        if (html !== last && !isSelecting()) {
          last = html;
          replace(html);
        }
      } else if (answer.type === 'opaqueredirect' || (answer.status < 500 && answer.status !== 429)) {
        announcer.textContent = 'You are signed out. Reload the page to continue.';
        return;
      }
    } catch {
      // The next poll asks again.
    }
    schedule();
  };

  const schedule = () => {
    clearTimeout(timer);
    if (region.dataset.refreshEnded === undefined) timer = setTimeout(poll, document.hidden ? HIDDEN_INTERVAL_MS : INTERVAL_MS);
  };

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && region.dataset.refreshEnded === undefined) {
      clearTimeout(timer);
      poll();
    }
  });
  schedule();
})();
`;
