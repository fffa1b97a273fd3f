import '../component/index.js';
