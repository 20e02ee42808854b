#!/bin/sh
echo 'init of the child'
