import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

// <qr-login> is an element of the browser, not a component of Vue
const compilerOptions = { isCustomElement: (tag) => tag === 'qr-login' };

export default defineConfig({ plugins: [vue({ template: { compilerOptions } })] });
