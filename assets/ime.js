/* Two things a page cannot do without script; everything works without it.
 * 1. The Enter key that confirms a Japanese conversion does not send the form. Browsers say so by isComposing, Safari
 *    only by the old key code 229.
 * 2. Leaving a form with unsent entries asks first, in the browser's own words. */
(function () {
  'use strict';

  document.addEventListener('keydown', function (event) {
    var confirms = event.isComposing || event.keyCode === 229;
    if (event.key === 'Enter' && confirms && event.target.tagName === 'INPUT') event.preventDefault();
  }, true);

  var changed = false;
  document.addEventListener('input', function (event) {
    var form = event.target.form;
    if (form && form.getAttribute('data-guard') === 'unsent') changed = true;
  });
  document.addEventListener('submit', function (event) {
    if (event.target.getAttribute('data-guard') === 'unsent') changed = false;
  });
  window.addEventListener('beforeunload', function (event) {
    if (!changed) return;
    event.preventDefault();
    event.returnValue = '';
  });
})();
