/** What makes the picture answer: a click widens a frame, typing in the search colours what matches. No other file. */
export const SCRIPT = `
(function () {
  'use strict';
  var svg = document.currentScript.ownerSVGElement;
  var frames = Array.prototype.slice.call(svg.querySelectorAll('g.f'));
  var width = Number(svg.getAttribute('data-width')), matched = svg.querySelector('.matched');
  var all = Number(svg.getAttribute('data-total')), unit = svg.getAttribute('data-unit');
  var number = function (g, name) { return Number(g.getAttribute('data-' + name)); };
  var place = function (g, x, w, faded) {
    g.style.display = w < 0.1 ? 'none' : '';
    g.style.opacity = faded ? 0.4 : '';
    var rect = g.querySelector('rect'), text = g.querySelector('text');
    rect.setAttribute('x', x);
    rect.setAttribute('width', Math.max(w - 0.5, 0.1));
    text.setAttribute('x', x + 3);
    var name = g.getAttribute('data-name'), most = Math.floor((w - 6) / 6.6);
    text.textContent = most < 3 ? '' : name.length > most ? name.slice(0, most - 2) + '..' : name;
  };
  var zoom = function (to) {
    var from = number(to, 'x'), size = number(to, 'w'), depth = number(to, 'd');
    frames.forEach(function (g) {
      var x = number(g, 'x'), w = number(g, 'w'), above = number(g, 'd') < depth;
      if (above && x <= from && x + w >= from + size) place(g, 0, width, true);
      else if (!above && x >= from && x + w <= from + size) place(g, ((x - from) / size) * width, (w / size) * width, false);
      else g.style.display = 'none';
    });
  };
  var search = function (text) {
    var ranges = [];
    frames.forEach(function (g) {
      var hit = text !== '' && g.getAttribute('data-name').toLowerCase().indexOf(text.toLowerCase()) >= 0;
      g.querySelector('rect').style.fill = hit ? '#b06cf0' : '';
      if (hit) ranges.push([number(g, 'x'), number(g, 'x') + number(g, 'w')]);
    });
    ranges.sort(function (a, b) { return a[0] - b[0]; });
    var sum = 0, end = 0;
    ranges.forEach(function (r) { if (r[1] > end) { sum += r[1] - Math.max(r[0], end); end = r[1]; } });
    matched.textContent = text === '' ? '' : 'matched ' + ((100 * sum) / all).toFixed(1) + '% (' + sum + ' ' + unit + ')';
  };
  svg.addEventListener('click', function (event) {
    var target = event.target, g = target.closest ? target.closest('g.f') : null;
    if (target.closest && target.closest('.search')) search(window.prompt('Search for functions that contain:') || '');
    else if (target.closest && target.closest('.reset')) zoom(frames[0]);
    else if (g) zoom(g);
  });
  window.addEventListener('keydown', function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key === 'f') {
      event.preventDefault();
      search(window.prompt('Search for functions that contain:') || '');
    } else if (event.key === 'Escape' && frames.length > 0) zoom(frames[0]);
  });
})();
`;
