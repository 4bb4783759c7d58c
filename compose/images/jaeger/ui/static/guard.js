// Loads the page again if one of its files didn't come. Browsers break off what they are loading
// when a network interface appears or goes, as with every container that starts or stops.
(() => {
  const MOST = 3;
  const KEY = "reloaded";
  addEventListener("error", ({target}) => {
    if (!(target instanceof HTMLScriptElement || target instanceof HTMLLinkElement)) return;
    const times = Number(sessionStorage.getItem(KEY)) || 0;
    sessionStorage.setItem(KEY, times + 1);
    if (times < MOST) setTimeout(() => location.reload(), 300 * (times + 1));
    else document.getElementById("main").textContent = "Not all of this page's files could be loaded. Is Jaeger up? Then load the page again.";
  }, true);
  addEventListener("load", () => setTimeout(() => {
    if (document.getElementById("main").childElementCount) sessionStorage.removeItem(KEY);
  }));
})();
