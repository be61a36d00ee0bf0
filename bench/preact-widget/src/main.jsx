// The frame's program: the frame's own half of the talk with the page, and the widget in Preact behind it.

import { attend } from '../../../public/frame.js';
import { mount } from './mount.jsx';

attend(Promise.resolve({ mount }));
