/* Something goes on by itself: how far it is, until it is over; then its page is opened anew. Without script the link does the same by hand. */
(function () {
  'use strict';

  var EVERY_MS = 700, LOST_MS = 5000;

  function watch(box) {
    var link = box.querySelector('.tj-watch__source'), bar = document.createElement('progress'), words = document.createElement('p');
    var url = link.getAttribute('href');
    words.setAttribute('role', 'status');
    bar.setAttribute('aria-label', link.textContent);
    box.insertBefore(words, link);
    box.insertBefore(bar, link);
    function ask() {
      fetch(url + '/progress.json', { credentials: 'same-origin', headers: { Accept: 'application/json' } }).then(function (answer) {
        if (!answer.ok) throw null;
        return answer.json();
      }).then(function (state) {
        if (state.is_over) {
          window.location.replace(url);
          return;
        }
        bar.max = state.size || 1;
        bar.value = state.done;
        if (words.textContent !== state.words) words.textContent = state.words;
        setTimeout(ask, EVERY_MS);
      }).catch(function () { setTimeout(ask, LOST_MS); });
    }
    ask();
  }

  Array.prototype.forEach.call(document.querySelectorAll('.tj-watch'), watch);
})();
